import json,sys,os,collections
sys.path.insert(0,'/work/main')
from rapidfuzz.distance import LCSseq
from mbegu.text import words
def q(r): return words(r['instruction']+' '+r['input'])
def rl(a,b):
    if not a or not b: return 0
    return 2*LCSseq.similarity(a,b)/(len(a)+len(b))
