import json,sys,collections
sys.path.insert(0,'/work/main')
from validate_lib import *
from parse import parse,check_calcs
from mbegu.checks import failed,parse_checks
rows=json.load(open('alpaca_finance.json')); dirty=json.load(open('dirty.json'))
hs=parse('h.txt'); print('calcs',check_calcs(hs,'h'))
with open('heldout.jsonl','w',encoding='utf8') as f:
    for r,_,k in hs:
        f.write(json.dumps(r|({'checks':k} if k else {}),ensure_ascii=False)+'\n')
H=[json.loads(l) for l in open('heldout.jsonl',encoding='utf8')]
print('heldout',len(H),'input',sum(bool(r['input']) for r in H),'checks',sum('checks' in r for r in H))
for n,r in enumerate(H):
    if 'checks' in r:
        c=parse_checks(r['checks'],f'h:{n}'); print(c,failed(r['output'],c),len(words(r['output'])))
def top(A,B,label,same=False):
    t=sorted(((rl(q(a),q(b)),i,j) for i,a in enumerate(A) for j,b in enumerate(B) if not same or i<j),reverse=True)[:3]
    print(label,[(round(s,3),A[i]['instruction'][:60],B[j]['instruction'][:60]) for s,i,j in t])
top(H,rows,'held-train'); top(H,H,'held-held',True)
fresh=[d for d in dirty if not any(w in d['why'] for w in ('duplicate','conflicts','template','blank','empty instruction'))]
top(fresh,rows,'dirty fresh-train'); top(H,dirty,'held-dirty')
def grams(r): a=words(r['output']); return {tuple(a[k:k+8]) for k in range(len(a)-7)}
T=collections.defaultdict(set)
for i,r in enumerate(rows+dirty):
    for g in grams(r): T[g].add(i)
sh=[(sum(g in T for g in grams(r))/max(1,len(grams(r))),r['instruction'][:50]) for r in H]
print('8-gram share max',max(sh))
ids={(r['instruction'],r['input'],r['output']) for r in rows}
print('exact dups',sum((d['instruction'],d['input'],d['output']) in ids for d in dirty))
qs={(r['instruction'],r['input']) for r in rows}
print('same q conflicting',sum((d['instruction'],d['input']) in qs and (d['instruction'],d['input'],d['output']) not in ids for d in dirty))
for d in dirty:
    if d['why'].startswith('near'):
        b=max(rows,key=lambda r:rl(q(d),q(r))); print('near',round(rl(q(d),q(b)),2),(d['instruction'],d['input'],d['output'])!=(b['instruction'],b['input'],b['output']))
    if d['why'].startswith('moji'):
        for k in ('instruction','input','output'): d[k].encode('cp1252').decode('utf8')
print('why',collections.Counter(d['why'] for d in dirty))
L=[len(r['output'].split()) for r in H]; print(sorted(L)[:5],max(L))
