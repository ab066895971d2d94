import json,sys,os,collections
sys.path.insert(0,'/work/main')
from rapidfuzz.distance import LCSseq
from mbegu.text import words
def q(r): return words(r['instruction']+' '+r['input'])
def rl(a,b):
    if not a or not b: return 0
    return 2*LCSseq.similarity(a,b)/(len(a)+len(b))
rows=json.load(open('alpaca_finance.json'))
assert all(list(r)==['instruction','input','output'] for r in rows)
L=[len(words(r['output'])) for r in rows]; L2=[len(r['output'].split()) for r in rows]
print('rows',len(rows),'input',sum(bool(r['input']) for r in rows),'words(tok)',min(L),max(L),sum(L)/len(L),'split',min(L2),max(L2))
for r,l in zip(rows,L2):
    if l<40 or l>130: print('LEN',l,r['instruction'])
Q=[q(r) for r in rows]; top=[]
for i in range(len(Q)):
    for j in range(i): top.append((rl(Q[i],Q[j]),i,j))
top.sort(reverse=True)
for s,i,j in top[:5]: print(round(s,3),rows[i]['instruction'],'|',rows[j]['instruction'])
A=[words(r['output']) for r in rows]; g=collections.Counter()
for a in A: g.update({tuple(a[k:k+8]) for k in range(len(a)-7)})
print('8-grams in >1 answer',[(' '.join(k),v) for k,v in g.items() if v>1][:20])
t=json.dumps(rows,ensure_ascii=False)
print('nonascii',collections.Counter(c for c in t if ord(c)>127))
print('first words',collections.Counter(r['instruction'].split()[0] for r in rows).most_common(25))
