"""How a model declines in other languages than English."""

from __future__ import annotations

from retake.verify.refusal_patterns import phrase

# First person, not able or not willing, in other languages. An apology in the same answer adds to the weight.
_LANGUAGES = {
    "es": r"\bno (?:me es posible|me siento|te lo|estoy en condiciones)|\bno (?:te |le |os |les |lo |la )?(?:puedo|podemos|podré|pued[oe] yo)\b(?! (?:creer|decir que|evitar|imaginar|soportar|fingir|sentir|negar|esperar|quejarme|ocultar))|\bno (?:tengo|tenemos|dispongo de) (?:acceso|la capacidad|permiso|forma|manera)|\bno (?:soy capaz|me es posible|estoy (?:autorizad|en condiciones|program|diseñad|capacitad|dispuest))|\bme niego a (?!fingir|creer)|\bno voy a (?:ayud|escrib|hac|dar|proporc|respond|particip)|\bprefiero no\b|\b(?:debo|tengo que) (?:rechazar|declinar|negarme)|\bva en contra de",
    "ca": r"\bno (?:et |us |li )?puc\b(?! (?:creure|dir que))|\bno tinc accés",
    "fr": r"\b(?:je|nous) n(?:e |')(?:(?:vous|te|y|le|la|les|l'|m')\s?)?(?:peux|pouvons|puis|saurais|pourrai|suis) (?:malheureusement |donc |vraiment )?pas\b(?! (?:croire|dire que|imaginer|supporter|m'empêcher|nier|cacher|feindre|ressentir|sûr|fait pour|content|heureux|étonné|surpris))|\bje (?:refuse(?! de (?:croire|sourire|faire semblant))|dois (?:refuser|décliner)|préfère (?:ne pas|éviter|m'abstenir))|\bje n'ai (?:malheureusement )?(?:pas|aucun)(?: d| l)?['’ ]?(?:e )?(?:accès|la capacité|moyen)|\bje ne (?:souhaite|veux) pas (?:en |y )?(?:parler|répondre|aider|discuter)|\bpas en mesure de",
    "de": r"\b(?:ich|wir|das|dabei|damit|hierbei|dies|diese\w*|da|leider)\b[^.!?]{0,40}\b(?:kann|können|darf|werde|möchte|will|vermag)\b(?![^.!?]*\b(?:glauben|fassen|ertragen|leugnen|behaupten|verhehlen|freuen|vorstellen)\b)(?=[^.!?]*\b(?:ich|wir|mich)\b|(?<=ich kann)|(?<=wir können)|(?<=ich möchte)|(?<=ich werde)|(?<=ich darf))[^.!?]{0,60}\b(?:nicht|keine?n?)\b|\bich (?:habe|besitze) (?:leider )?keine?n? (?:\w+ )?(?:zugriff|zugang|möglichkeit|fähigkeit|echtzeit)|\bich (?:lehne|verweigere|weigere mich)|\bich bin (?:leider )?nicht (?:in der lage|befugt|berechtigt|dafür)|\bich muss (?:das |dies |leider )*(?:ablehnen|passen)",
    "it": r"\bnon mi (?:è (?:possibile|consentito|permesso)|sento)|\bnon me la sento|\bnon (?:ti |le |vi |lo |la )?(?:posso|possiamo|potrò|riesco a)\b(?! (?:credere|dire (?:di|che)|immaginare|sopportare|fingere|negare|fare a meno|nascondere))|\bnon (?:ho|dispongo di|abbiamo) (?:accesso|la capacità|modo|l'autorizzazione)|\bnon sono in grado|\bmi rifiuto|\bpreferisco non\b|\bdevo (?:rifiutare|declinare)",
    "pt": r"\bnão me (?:é (?:possível|permitido)|sinto)|\bnão (?:te |lhe |o |a )?(?:posso|podemos|consigo|poderei)\b(?! (?:acreditar|dizer que|imaginar|suportar|fingir|negar|sentir|esconder|deixar de))|\bnão (?:tenho|temos|possuo) (?:acesso|a capacidade|como|permissão)|\bnão (?:sou capaz|estou autorizad|me é possível)|\brecuso-me|\bme recuso|\bprefiro não\b|\b(?:devo|tenho que) recusar",
    "nl": r"\b(?:kan|kunnen|mag|zal|wil)\b(?: \w+)? ?\b(?:ik|we|wij)\b(?! \w* ?(?:niet )?geloven)[^.!?]{0,50}\b(?:niet|geen)\b(?![^.!?]*(?:geloven|ontkennen))|\b(?:ik|wij|we) (?:kan|kunnen|mag|zal|wil)\b[^.!?]{0,50}\b(?:niet|geen)\b(?![^.!?]*(?:geloven|ontkennen))|\bik heb geen (?:toegang|mogelijkheid)|\bik weiger|\bik ben niet in staat",
    "scandinavian": r"\b(?:jag|jeg|vi)\b (?:tyvärr |desværre |dessverre )?(?:kan|kunne|får|vil|tänker|kommer)\b[^.!?]{0,25}\b(?:inte|ikke|ej)\b(?! (?:tro|förneka|benekte|nekta))|\bkan (?:jag|jeg|vi)\b[^.!?]{0,20}\b(?:inte|ikke)\b(?! tro)|\b(?:jag|jeg) har (?:inte|ikke|ingen) (?:tillgång|adgang|tilgang)|\b(?:jag vägrar|jeg nekter|jeg nægter)",
    "fi": r"\ben (?:valitettavasti )?(?:voi|pysty|saa|aio|halua)\b(?! (?:uskoa|väittää|kieltää))|\bminulla ei ole pääsyä|\bkieltäydyn",
    "pl": r"\bnie (?:mogę|możemy|jestem w stanie|potrafię|będę|zamierzam)\b(?! (?:uwierzyć|powiedzieć, że|udawać|znieść))|\bnie mam (?:dostępu|możliwości)|\bodmawiam",
    "cs": r"\b(?:nemohu|nemůžu|nemůžeme|nedokážu|nesmím|nebudu|nejsem schop|odmítám)\b(?! (?:uvěřit|věřit))|\b(?:nemôžem|nedokážem|odmietam)\b|\bnemám (?:přístup|prístup)",
    "ru": r"(?<!\w)(?:не (?:могу|можем|смогу|сможем|буду|стану|имею (?:доступа|возможности)|в состоянии|готов)|я не (?:способен|умею))(?!\w)(?! (?:поверить|сказать, что|притвор|не |представить|скрыть))|у меня нет (?:доступа|возможности)|(?:вынужден\w*|должен\w*) отказать|отказываюсь|предпоч[её]л бы не|не хочу (?:об этом|отвечать|обсуждать)",
    "uk": r"(?<!\w)(?:не (?:можу|можемо|зможу|буду|маю доступу))(?!\w)(?! (?:повірити))|у мене немає доступу|відмовляюся",
    "bg": r"(?<!\w)не мога(?! да повярвам)|нямам достъп",
    "ro": r"\bnu (?:te |vă |îți |o )?(?:pot|putem|voi|sunt în măsură|sunt capabil|am acces)\b(?! (?:să cred|crede))|\brefuz să",
    "hu": r"\bnem (?:tudok|tudom|tudunk|áll módomban|vagyok képes|segíthetek|adhatok|férek hozzá)\b(?! (?:elhinni))|\bmegtagadom",
    "el": r"(?<!\w)δεν (?:μπορώ|μπορούμε|είμαι σε θέση|έχω πρόσβαση|επιτρέπεται|θα)(?!\w)(?! να πιστέψω)|αρνούμαι",
    "tr": r"\b(?:yardımcı ol|yardım et|cevap ver|sağla|yanıtla|eriş|paylaş)\w* mümkün değil|\b(?:yardımcı olam|yardım edem|yerine getirem|sağlayam|yapam|cevaplayam|yanıtlayam|veremem|veremiy|yazam|paylaşam|erişem|oluşturam|üretem)\w*|\berişimim (?:yok|bulunmuyor)|\breddediyorum|\breddetmek",
    "id": r"\b(?:saya|kami) (?:\w+ )?(?:tidak|tak|enggak|belum) (?:\w+ )?(?:bisa|dapat|mampu|boleh|akan|memiliki akses|punya akses)\b(?! percaya)|\bsaya menolak|\bsaya tidak (?:memiliki|mempunyai) (?:akses|kemampuan)",
    "vi": r"(?:tôi|mình|chúng tôi) (?:\w+ )?(?:không thể|không được phép|không có (?:quyền|khả năng)|từ chối|không muốn)(?! tin)",
    "th": r"(?:ฉัน|ผม|ดิฉัน|เรา)?(?:ไม่สามารถ|ไม่อาจ|ช่วยไม่ได้|ขอปฏิเสธ)(?=.{0,20}(?:ช่วย|ตอบ|ให้|ทำ|เข้าถึง|สร้าง|เขียน))|ฉันไม่สามารถ|ผมไม่สามารถ",
    "zh": r"(?:我|本人|我们|我們|抱歉|对不起|對不起|不好意思|遗憾|遺憾)[^。!?\n]{0,12}(?:不能|无法|無法|不可以|不会|不會|不便|没(?:有)?办法|沒(?:有)?辦法|不允许|不方便|没有权限|沒有權限|不愿|拒绝|拒絕)(?!相信|想象|想像|理解为什么|忍受|否认|否認|假装|掩饰|不说)|(?:无法|無法|不能|不便|难以)(?:为您|为你|為您|為你|向您|向你|帮助|幫助|协助|協助|提供|回答|满足|滿足|完成|透露|讨论|討論|访问|訪問|生成|撰写)|恕(?:我)?(?:不能|无法|難|难)|我(?:拒绝|拒絕)|没有[^。]{0,8}(?:访问权限|实时数据)|(?:违反|違反)[^。]{0,12}(?:政策|准则|規定|规定|原则|準則)",
    "ja": r"(?:お答え|お手伝い|お応え|お力|ご案内|ご提供|提供|対応|回答|お教え|お伝え|ご要望|ご協力|協力|支援|サポート|アクセス|作成|生成|実行|助け|手伝|手助け)[^。!?\n]{0,18}(?:できません|できない|出来ません|できかね|いたしかね|致しかね|しかねます|なれません|られません|えません|控え|ありません)|(?:お断り|拒否|差し控え|遠慮)(?:し|いた|させ|さ)|応じられません|お応えしかね",
    "ko": r"(?:도와\s?드릴|도울|도와줄|제공(?:해\s?드릴|할)|답변(?:해\s?드릴|드릴|할)|알려\s?드릴|수행할|처리(?:해\s?드릴|할)|작성(?:해\s?드릴|할)|응할|접근할|말씀드릴|안내(?:해\s?드릴|할)|생성할|지원할|확인할) ?수(?:가|는)? ?없|(?:거절|거부)(?:하|합|해|할)|도와드리기 어렵|어렵습니다|접근 권한이 없",
    "ar": r"(?:لا|لن|لست) ?(?:أستطيع|استطيع|يمكنني|يمكننا|أقدر|أتمكن|قادر)(?! (?:أن أصدق|تصديق|إنكار))|لن (?:أساعد|أقدم|أكتب|أقوم)|لا (?:أملك|يتوفر لدي|تتوفر لدي) |ليس لدي (?:وصول|إمكانية|القدرة|صلاحية)|غير قادر|أرفض|لا يسعني",
    "he": r"(?:אני )?לא (?:יכול|יכולה|מסוגל|מסוגלת|אוכל|נוכל)(?! להאמין)|אין לי (?:גישה|אפשרות)|(?:אני )?(?:מסרב|מסרבת)|נאלץ לסרב",
    "fa": r"نمی\s?‌?(?:توانم|تونم|توانیم)(?! باور)|قادر نیستم|امکان[^.]{0,20}ندارم|دسترسی ندارم",
    "hi": r"(?:मैं|हम|मुझे|मेरे)[^।!?\n]{0,60}(?:नहीं (?:कर|दे|बता|लिख|सक|कर सक)|असमर्थ|पहुँच नहीं|पहुंच नहीं|अनुमति नहीं)(?!\s?विश्वास)|सहायता नहीं कर|मदद नहीं कर",
    "bn": r"(?:সাহায্য|সহায়তা|প্রদান|উত্তর|করতে)[^।!?\n]{0,20}(?:পারছি না|পারব না|পারবো না|পারি না|অক্ষম)",
    "ur": r"(?:میں|ہم)[^۔!?\n]{0,60}(?:نہیں کر سک|نہیں دے سک|قاصر|نہیں بتا سک)",
    "ta": r"(?:உதவ|வழங்க|பதிலளிக்க|செய்ய)[^.!?\n]{0,12}(?:முடியாது|இயலாது|முடியவில்லை)",
    "sw": r"\bsi(?:wezi|taweza)\b",
    "tl": r"\bhindi (?:ko|ako|kita|namin) (?:\w+ )?(?:maaaring|magagawa|makakatulong|kayang|pwedeng)|\bhindi ko (?:kaya|magagawa)",
}
# First person and a negation, whatever else is said: a hint, which any answer outweighs.
_HINTS = {
    "es": r"\bno (?:poder|puedo|podr[ée]|estoy|soy|tengo|quiero|dispongo|cuento con|me)\b(?! (?:gusta|importa|sorprende))",
    "fr": r"\bne (?:pas|plus|point) (?:pouvoir|être|avoir)|\b(?:je|j')\s?(?:n'|ne )\w+ (?:\w+ )?(?:pas|aucun\w*|rien|jamais)\b",
    "de": r"\b(?:ich|mir|mich|mein\w*)\b[^.!?]{0,60}\b(?:nicht|kein\w*|verwehrt|untersagt|unmöglich|verweigern|ablehnen)\b",
    "it": r"\bnon (?:poter|posso|sono|ho|riesco|potrò|voglio|mi)\b",
    "pt": r"\bnão (?:poder|posso|consigo|tenho|sou|estou|quero|poderei|me|vou)\b",
    "nl": r"\b(?:ik|mij|me)\b[^.!?]{0,50}\b(?:niet|geen|nooit)\b",
    "scandinavian": r"\b(?:jag|jeg|mig|meg)\b[^.!?]{0,50}\b(?:inte|ikke|ingen|inget)\b|\bkan (?:jag|jeg)\b[^.!?]{0,20}\b(?:inte|ikke)\b",
    "fi": r"\ben (?:voi|pysty|saa|halua|tiedä|aio|osaa|kykene)\b",
    "pl": r"\bnie (?:\w+(?:ę|am|em)|jestem)\b",
    "cs": r"\bne(?:mohu|mám|chci|smím|umím|jsem|budu|dokážu|můžu|mogu)\b",
    "ru": r"(?<!\w)не \w+(?:ю|у|юсь|усь)(?!\w)|(?<!\w)(?:я|мне|меня|у меня)(?!\w)[^.!?]{0,40}(?<!\w)(?:не|нет|нельзя|запрещено)(?!\w)|не в состоянии|не вправе",
    "uk": r"(?<!\w)не \w+(?:ю|у)(?!\w)|(?<!\w)(?:я|мені)(?!\w)[^.!?]{0,40}(?<!\w)не(?!\w)",
    "tr": r"\w+(?:m[ıiuü]yorum|am[ıi]yorum|emem|amam|yemem|yamam|[ae]m[ae]yız)\b|\b\w+(?:mam|mem) mümkün değil",
    "id": r"\b(?:saya|kami|aku)\b[^.!?]{0,25}\b(?:tidak|tak|belum|bukan)\b",
    "vi": r"(?:tôi|mình|em)\b[^.!?]{0,20}(?:không|chưa)",
    "zh": r"(?:我|本人|本助手)[^。!?\n]{0,10}(?:不|没|沒|无|無|拒)",
    "ja": r"(?:お|ご)[^。!?\n]{1,14}(?:でき(?:ません|ない)|しかね|いたしかね|致しかね|なれません)|いただけません|私[^。!?\n]{0,20}(?:ません|ない)",
    "ko": r"(?:드릴|드리) ?(?:수(?:가|는)? ?없|지 ?못|기 ?어렵)|(?:저는|제가|저로서는|나는)[^.!?\n]{0,30}(?:없|못|않)",
    "ar": r"(?:لا|لن|لم) ?أ\w+|(?:ليس|لست|ليست) (?:لدي|بإمكاني|بوسعي|قادر)|لا يمكنن",
    "he": r"(?:אני|לי|אנחנו)[^.!?\n]{0,20}(?:לא|אין)|(?:לא|אין) (?:אני|לי|ביכולתי|באפשרותי)",
    "fa": r"نمی\S*م(?!\w)|نیستم|ندارم",
    "hi": r"(?:मैं|मुझे|मेरे|हम)[^।!?\n]{0,60}(?:नहीं|असमर्थ)",
    "el": r"(?<!\w)δεν (?:μπορώ|είμαι|έχω|μου|θα)(?!\w)",
    "ro": r"\bnu (?:pot|am|sunt|îmi|mi|voi|vreau)\b",
    "hu": r"\bnem (?:\w+(?:om|em|ok|ek|öm|hatok|hetek)|áll módomban)\b",
    "tl": r"\bhindi (?:ko|ako)\b",
}

LANGUAGES = tuple(phrase(name, "other", 0.95, pattern) for name, pattern in _HINTS.items()) + tuple(
    phrase(name, "other", 2.2, pattern) for name, pattern in _LANGUAGES.items()
)
