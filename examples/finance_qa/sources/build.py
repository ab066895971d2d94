import json
from parse import *
rows=[]
for i in range(1,8):
    r=parse(f'b{i}.txt'); check_calcs(r,f'b{i}'); rows+=[x[0] for x in r]
json.dump(rows,open('alpaca_finance.json','w',encoding='utf8'),ensure_ascii=False,indent=1)
print(len(rows),sum(bool(r['input']) for r in rows))
