import json
rows=json.load(open('alpaca_finance.json',encoding='utf8'))
by={r['instruction']:r for r in rows}
D=[]
def add(i,n,o,why): D.append({"instruction":i,"input":n,"output":o,"why":why})
for q in ["What does \"pay yourself first\" mean?","What is an index fund?","What is the difference between a credit report and a credit score?",
          "Draft a polite reminder for an unpaid invoice.","Give the payoff order for these debts under both popular methods.","Explain interest to a ten-year-old."]:
    r=by[q]; add(r['instruction'],r['input'],r['output'],"exact duplicate of a row in alpaca_finance.json")
def near(q,new_q=None,edit=None,note=""):
    r=by[q]; o=r['output']
    if edit: assert o.count(edit[0])==1,(q,edit); o=o.replace(*edit)
    add(new_q or q,r['input'],o,"near-duplicate: "+note)
near("How many months of costs should an emergency fund hold?","How many months of expenses should an emergency fund hold?",None,"one word of the question changed")
near("Compare the avalanche and snowball methods of paying off debt.","Compare the snowball and avalanche methods of paying off debts.",None,"two words swapped, one plural")
near("Does looking at my own credit report hurt my score?","Does looking at my own credit report lower my score?",("So check freely","Check freely"),"one word of the question and one of the answer changed")
near("What is a recovery scam?","What's a recovery scam?",None,"contraction")
near("Why do bond prices fall when interest rates rise?","Why do bond prices drop when interest rates rise?",("more payments are out of line","more payments are out of step"),"one word of each changed")
near("Is renting really throwing money away?","is renting really throwing money away",("No. Rent buys","No! Rent buys"),"case and punctuation only")
for i,n,o in [("Is it good to have a spare debit card while travelling?","","Yes."),
    ("Should I tell my bank before I change my address?","","Of course."),
    ("How much cash should I carry on a normal day?","","It depends."),
    ("Can two people share one safe deposit box?","","Yes, they can."),
    ("What share of my income may I give to charity?","I earn 2,400 a month and have no debts.","10%")]:
    add(i,n,o,"very short answer")
add("Explain what a cheque guarantee is and whether shops still accept cheques.","","","empty output")
add("Describe the pros and cons of prepaid electricity meters for a tight budget.","Family of four, small flat.","  \n","output of white space only")
add("","","Keep receipts for large purchases for as long as the guarantee lasts, and store a photo of each, because the print on thermal paper fades within a year or two. Sort them by shop or by month, whichever you would search by.","empty instruction")
add("   ","Monthly income 1,900, rent 700","Rent takes 700 / 1,900 = 37 percent of this income, which leaves 1,200 for everything else. A cheaper room or a flatmate would make the largest difference to the budget.","blank instruction")
for i,n,o in [
 ("What do banks mean by &quot;know your customer&quot; checks?","","Banks must find out who their customers are &amp; where their money comes from, to make money laundering harder. Expect to show an identity document, proof of address &amp; sometimes a payslip. It isn&#39;t a sign that you are suspected. If the bank asks again after some years, answer in time, because it may otherwise have to block the account."),
 ("Which documents prove my address if I live with my parents?","","Ask the bank which ones it accepts.&nbsp;Common choices are a tax letter, a statement from another bank, a registration certificate from the town hall, or a letter from your employer.&nbsp;Some banks accept a signed note from your parents plus one of their bills.&nbsp;Papers usually mustn&#39;t be older than three months."),
 ("Is a credit union different from a bank?","My neighbour says that credit unions are &#39;just small banks&#39;.","Partly right. Both take deposits &amp; lend. A credit union belongs to its members, though, each with one vote, and aims to serve them rather than outside shareholders, so loan rates are often lower &amp; deposit rates slightly higher. You may have to belong to a certain workplace, town or group. It tends to have fewer branches &amp; simpler apps. Check that deposits are insured."),
 ("How should a babysitter write a simple receipt for a family?","","A few lines are enough:&lt;br&gt;Date and hours: 14 May, 17:00 to 21:00&lt;br&gt;Rate: 12 an hour, 4 hours = 48&lt;br&gt;Paid in cash, name &amp; signature&lt;br&gt;Keep a copy. If you work regularly, ask whether the family has to register you, and note the yearly total, since it may have to be declared even though it&#39;s a small sum."),
 ("Does paying a subscription yearly save much?","8 a month, or 80 a year","Twelve months at 8 are 96, so the yearly price saves 16, or about 17&nbsp;%. It&#39;s worth it only if you will use the service for more than ten months, as 80&nbsp;/&nbsp;8&nbsp;=&nbsp;10. Set a reminder two weeks before renewal &amp; decide then again: most of these savings are lost in second years nobody wanted."),
]: add(i,n,o,"HTML entities left in the text")
def moji(s): return s.encode('utf8').decode('cp1252')
for i,n,o in [
 ("Is this laptop’s instalment plan a good deal?","Price €500, or 10 × €58","Ten payments of €58 come to €580, so the shop’s plan costs €80 more than cash, or 16 percent. You repay within ten months, which makes the yearly rate roughly twice that figure. If you can save €58 a month, wait – nine months of saving buys the laptop outright, and prices of electronics often fall in the meantime."),
 ("What does a wedding photographer’s deposit protect?","","It protects the photographer’s income if the couple cancels, because the date can’t easily be sold again. A deposit of 20–30 percent is usual. Before paying, check whether it’s refundable, what happens if the photographer falls ill, and when the rest is due. Ask for a written contract that names the date, hours and number of edited photos."),
 ("Estimate what a family of three needs for a first flat’s basic furniture.","","A plain second-hand start might cost 150,000–300,000 shillings: beds and mattresses 60,000–120,000, a table with chairs 15,000–30,000, a fridge 20,000–40,000, a cooker 20,000–40,000, wardrobes 15,000–30,000 and small items for the rest. Buy mattresses and the fridge first; the other pieces can wait. Don’t finance furniture at store-card rates – a month on borrowed chairs is cheaper."),
 ("How much does it cost me to keep 500 in a forgotten account?","Fee 2 a month, no interest, 5 years","The fee is 2 × 12 × 5 = 120, so 500 − 120 isn’t far from 380. Put the same 500 in an account at 3 percent without a fee and it grows to about 580. The forgetful owner is therefore roughly 200 behind after five years. Close what you don’t use, and keep a list of every account – dormant ones are also a target for fraud."),
 ("Is it cheaper to eat in a café near the office or to bring lunch?","Café lunch £9.50, home-made £3.00, 220 working days","The café costs 9.50 × 220 = £2,090 a year and the home-made lunch 3.00 × 220 = £660. Bringing it saves £1,430, or about £119 a month. Nobody has to be strict: one café lunch a week, 44 a year, would give back only £286 of that and keep the company of colleagues. It’s a habit worth £1,144."),
]:
    # some fields clean of special marks stay as they are
    add(moji(i),moji(n),moji(o),"mojibake: UTF-8 read as cp1252")
def conflict(q,o): add(q,by[q]['input'],o,"conflicts with the answer to the same question in alpaca_finance.json (this one is wrong)")
conflict("Does a 2-for-1 stock split make shareholders richer?","Yes. After a 2-for-1 split you hold twice as many shares, so your investment is worth twice as much. Ten shares at 80 are worth 800 before the split and twenty shares at 80 are worth 1,600 after it. That is why investors look for companies that are about to split and buy a few days before the date.")
conflict("How much of this shop price is value-added tax?","The tax is 20 percent of the price on the label: 240 x 20% = 48. The net price is therefore 240 - 48 = 192. Simply multiply any shelf price by the tax rate to see how much goes to the state.")
conflict("A colleague says that carrying a small card balance from month to month raises your score. Is that true?","Yes, your colleague is right. Scoring systems want to see that the bank earns interest from you, so it is best to leave about 10 percent of the bill unpaid every month. People who always pay in full appear inactive and get a lower score. The interest is a small price for better loan terms later.")
pre="Below is an instruction that describes a task. Reply so that the job is done well.\n\n### Instruction:\n"
add(pre+"Explain what a letter of credit does for an exporter.\n\n### Response:","","It is a bank's promise to pay the exporter once the agreed shipping papers are presented in order. The exporter no longer has to rely on a distant buyer's honesty, and the buyer knows that money moves only against proof of shipment. Both pay bank fees for it. The papers must match the wording exactly: a misspelt name can delay payment for weeks.","prompt template pasted into the instruction")
add("Below is an instruction that describes a task, together with some context for it. Answer in a suitable way.\n\n### Instruction:\nSay whether this tip is fair.\n\n### Input:\nBill 46, service included at 10 percent, waiter suggests another 15 percent.\n\n### Response:\n","","It is generous and not required. The bill of 46 already contains service of about 4.18, since 46 / 1.10 = 41.82 before service. Another 15 percent would add 6.90. If the service was excellent, rounding up to 48 or 50 is friendly. Customs differ, so look at what local guests leave.","prompt template with its input pasted into the instruction")
add(pre+"List three things to check on a hotel bill at check-out.\n\n### Response:\n","","1. Nights and rate: do they match the confirmation, and is breakfast in the price?\n2. Extras: minibar, parking, calls and local tax, each with a date.\n3. The card hold from check-in: ask for it to be released, as it can block money for days.\nKeep the invoice if the trip was for work, and pay in the local currency.","prompt template pasted into the instruction")
add("Which is better for a shared holiday fund, a jar or an app?","","As an AI language model, I don't have personal experiences or preferences, and I cannot give financial advice. Please consult a qualified professional who can assess your individual circumstances.","refusal")
add("Suggest a fair way to share a lottery ticket among six colleagues.","Ticket 12, everyone pays 2","I'm sorry, but as an AI language model I cannot help with requests about gambling. Is there anything else that I can assist you with today?","refusal")
add("Write two sentences to decline lending a colleague money.","He asks for 80 until payday.","As an AI, I am unable to write messages on behalf of users or to interfere in personal relationships. I recommend that you speak to him openly.","refusal")
json.dump(D,open('dirty.json','w',encoding='utf8'),ensure_ascii=False,indent=1)
# the repaired originals for information
import collections
print(len(D),collections.Counter(d['why'].split(':')[0][:30] for d in D))
for d in D:
    if d['why'].startswith('moji'): print(d['instruction'],'|',d['input'],'|',d['output'][:120])
