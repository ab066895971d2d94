"""Reads batches (Q:/I:/A:/C:/K: blocks split by '---'), returns rows; C lines are calculation checks 'expr ~ printed'."""
import json, math, re, sys
def pmt(r,n,pv): return pv*r/(1-(1+r)**-n)
def fva(r,n,p): return p*((1+r)**n-1)/r
def pva(r,n,p): return p*(1-(1+r)**-n)/r
def nper(r,p,pv): return -math.log(1-pv*r/p)/math.log(1+r)
def npfv(r,p,fv): return math.log(1+fv*r/p)/math.log(1+r)
def irr(p,n,pv):
    lo,hi=1e-6,1
    for _ in range(100):
        mid=(lo+hi)/2
        lo,hi=(mid,hi) if pva(mid,n,p)>pv else (lo,mid)
    return mid
ENV=dict(irr=irr,pmt=pmt,fva=fva,pva=pva,nper=nper,npfv=npfv,log=math.log,sqrt=math.sqrt)
def parse(path):
    out=[]
    for n,block in enumerate(re.split(r'^---$',open(path,encoding='utf8').read(),flags=re.M),1):
        if not block.strip(): continue
        cur=None; parts={'Q':[], 'I':[], 'A':[]}; calcs=[]; keys={}
        for line in block.strip('\n').split('\n'):
            m=re.match(r'^([QIACK]): ?(.*)$',line)
            if m:
                k,v=m.groups()
                if k=='C': calcs.append(v); continue
                if k=='K': keys=json.loads(v); continue
                cur=k; parts[k].append(v)
            else:
                assert cur,(path,n,line); parts[cur].append(line)
        row={k2:'\n'.join(parts[k]).strip() for k,k2 in (('Q','instruction'),('I','input'),('A','output'))}
        assert row['instruction'] and row['output'],(path,n,row)
        out.append((row,calcs,keys))
    return out
def check_calcs(rows,path):
    bad=0;cnt=0
    for row,calcs,_ in rows:
        for c in calcs:
            cnt+=1
            e,v=c.rsplit('~',1); v=v.strip(); shown=v.replace(',','')
            dec=len(shown.split('.')[1]) if '.' in shown else 0
            got=eval(e,ENV)
            if abs(got-float(shown))>0.5*10**-dec+1e-9: bad+=1; print('CALC',path,row['instruction'][:60],c,got)
            if v not in row['output'] and not any(v==x for x in ()): print('NOTSHOWN',path,row['instruction'][:60],v); bad+=1
    return cnt,bad
if __name__=='__main__':
    sys.path.insert(0,'/work/main')
    for p in sys.argv[1:]:
        rows=parse(p); c=check_calcs(rows,p)
        ws=[len(r['output'].split()) for r,_,_ in rows]
        print(p,len(rows),'rows; with input',sum(bool(r['input']) for r,_,_ in rows),'calcs',c,'words',min(ws),max(ws),sum(ws)/len(ws))
        for r,_,_ in rows:
            w=len(r['output'].split())
            if not 40<=w<=130: print('LEN',w,r['instruction'])
