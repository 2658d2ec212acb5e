"""Words around a refusal or an answer: apologies, asides, results, and what tells the type of a refusal."""

from __future__ import annotations

import re

APOLOGY = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies|unfortunately|regret(?:tably)?|i'm afraid|lo siento|lamento|désolée?|malheureusement|je regrette|tut mir leid|entschuldigung|leider|bedaure|bedauere|je crains|lamentablemente|por desgracia|perdón|disculpa|pardon|navré\w*|mi (?:di)?spiace|purtroppo"
    r"|desculpe|sinto muito|infelizmente|helaas|het spijt|sorry|tyvärr|desværre|dessverre|beklager|valitettavasti|przykro|przepraszam|niestety|omlouvám|bohužel|îmi pare|din păcate|sajn[áa]lom|üzgünüm|maalesef|maaf|xin lỗi|rất tiếc)\b"
    r"|извин|сожалени|прощени|жаль|простите|вибач|на жаль|съжаля|λυπάμαι|δυστυχώς|συγγνώμη|抱歉|对不起|對不起|不好意思|遗憾|遺憾|申し訳|すみません|ごめん|残念|죄송|미안|유감|آسف|عذر|أعتذر|למרבה הצער|סליחה|מצטער|متأسف|ببخشید|क्षमा|माफ|खेद|দুঃখিত|معذرت|மன்னிக்க|ขอโทษ|ขออภัย|เสียใจ|samahani|paumanhin",
    re.IGNORECASE,
)

# Clauses that go with a refusal and answer nothing: apologies, offers, reasons, referrals, closing words.
ASIDE = re.compile(
    r"\b(?:let me know|feel free|happy to|glad to|i(?:'d| would) (?:be|like|love|suggest|encourage|recommend)|would you|do you (?:want|need)|if you(?:'re| are|'d| have| would| need| want| like)|i can (?:help|offer|suggest|explain|talk|assist)|what i can|instead|alternatively"
    r"|please use|use your|you (?:can|could|may|might|should) (?:\w+ )?(?:check|try|contact|consult|visit|look|reach|ask|call|use|refer|find|speak|see)|please (?:check|contact|consult|visit|refer|see|try|reach|speak|call)|check (?:a|the|your)|contact the|reach out|hope you understand|thank you|thanks for|appreciate"
    r"|illegal|unlawful|harm\w*|hurt\w*|dangerous|unsafe|unethical|privacy|malicious|abus\w+|violen\w+|against the law|crime|criminal|murder|weapons?|as an ai|language model|android|real[- ]time|hotline|crisis|professional|talking to|support|website|app\b|site such|service"
    r"|brain the size|planet|sigh|life|malfunction|disassemble|memory banks|subroutines?|does not compute|bzz+t|error|beep|oops|whoa|oh no|bad input|breaking in|nicer|miserable|buddy|friend|pal\b|captain|matey|happy now|at risk|can help you|can help with|hardly matters|(?:nobody|no one) can$|bad|fraud\w*|frustrating|understand (?:that|how|this|you)|not that|who cares|story of)\b"
    r"|ayudar|aider|helfen|aiutar|ajudar|помочь|помощ|帮助|帮您|お手伝い|도움|مساعد|consult[ae]|puedes|vous pouvez|sie können",
    re.IGNORECASE,
)

# Ways of giving a result outright.
RESULT = re.compile(
    r"\\boxed\s*\{\s*[^\s}]|(?:\bthe |\bfinal |^|\n)\W*answer(?: is|:|\s*=)\s*(?!no\b)\S|\b(?:result|solution|total|sum)(?: is|:|\s*=) ?\S|[\w)\]}]\s*(?:=|≈|≠|≤|≥)\s*[\w\\(\[-]|答案(?:是|为|:)|答えは|정답은|ответ:",
    re.IGNORECASE,
)

ABOUT_REFUSING = re.compile(
    r"\b(?:translate|quote|classif\w+|phrase|paraphrase|rewrite|dialogue|what (?:does|did)\b[^?]*\bsay|example of|declin\w+|refus\w+|reject\w*|turn(?:ing)? down|say no|excuse)\b",
    re.IGNORECASE,
)

SAFETY_WORDS = re.compile(
    r"\b(?:illegal|unlawful|harm\w*|hurt\w*|dangerous|unsafe|unethical|ethic\w*|polic(?:y|ies)|guidelines?|malicious|abus\w+|violen\w+|against the law|break the law|crime|criminal|murder|weapons?|explosive\w*|poison\w*|hate speech|bombs?|guns?|drugs|forg(?:e|ing|ery)|offen[cs]e|hurtful|wicked|deceiv\w+|deception|scam\w*|fraud\w*|sexual|privacy|hack\w*|malware|phishing|steal\w*|conscience|armas?|ilegal|illegal\w*|waffen)\b"
    r"|违法|有害|恶意|非法|违反|незаконн|оружи|違法|불법",
    re.IGNORECASE,
)
CAPABILITY_WORDS = re.compile(
    r"\b(?:access|real[- ]time|browse|internet|live|cut-?off|tool|capabilit\w+|ability|text-based|language model|images?|audio|phone calls?|transactions?|reservations?|acceso|accès|zugriff|echtzeit\w*|accesso|acesso|toegang|dostępu|akses|tempo real|tiempo real)\b|доступ|实时|权限|アクセス|접근|وصول",
    re.IGNORECASE,
)

# After this a text lists what it offers in place of what was asked for.
OFFER = re.compile(
    r"\b(?:what i can (?:do|offer|help)|i can (?:help|offer|suggest|assist|explain)|i could (?:help|offer|instead)|here are (?:some|a few) (?:alternatives|other|legal|safe|ways)|instead|alternatively)\b",
    re.IGNORECASE,
)

# What would be the wish of a speaker who gives nothing; "I'd say Paris" and "I would use a set" give something.
WISH = re.compile(
    r"\b(?:i'd|i would|i should|i prefer|i'd rather|let's|let us)\b(?!\s+(?:\w+ly )?(?:say|use|recommend|suggest|go with|choose|pick|try|start|call|guess|put|take|go for|buy|add|write))",
    re.IGNORECASE,
)
