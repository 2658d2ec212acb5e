r"""Answers as written, brought to one notation: unicode, markdown, LaTeX styling, thousands separators, number spellings."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xFE0E, 0xFE0F]
)
_CHARACTERS = {
    "−": "-",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "﹣": "-",
    "－": "-",
    "×": r"\times ",
    "✕": r"\times ",
    "·": r"\cdot ",
    "⋅": r"\cdot ",
    "∙": r"\cdot ",
    "•": r"\cdot ",
    "∗": "*",
    "÷": r"\div ",
    "∕": "/",
    "⁄": "/",
    "≤": r"\le ",
    "⩽": r"\le ",
    "≥": r"\ge ",
    "⩾": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "≃": r"\approx ",
    "≅": r"\approx ",
    "∈": r"\in ",
    "∉": r"\notin ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∖": r"\setminus ",
    "∅": r"\emptyset ",
    "⌀": r"\emptyset ",
    "∞": r"\infty ",
    "π": r"\pi ",
    "𝜋": r"\pi ",
    "θ": r"\theta ",
    "α": r"\alpha ",
    "β": r"\beta ",
    "γ": r"\gamma ",
    "δ": r"\delta ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "µ": r"\mu ",
    "φ": r"\phi ",
    "ϕ": r"\phi ",
    "ω": r"\omega ",
    "σ": r"\sigma ",
    "τ": r"\tau ",
    "ρ": r"\rho ",
    "ε": r"\epsilon ",
    "Ω": r"\Omega ",
    "Δ": r"\Delta ",
    "∆": r"\Delta ",
    "°": r"^\circ ",
    "º": r"^\circ ",
    "±": r"\pm ",
    "∓": r"\mp ",
    "√": r"\sqrt ",
    "∛": r"\sqrt[3]",
    "∑": r"\sum ",
    "∏": r"\prod ",
    "∫": r"\int ",
    "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}",
    "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}",
    "ℂ": r"\mathbb{C}",
    "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "〈": r"\langle ",
    "〉": r"\rangle ",
    "∧": r"\land ",
    "∨": r"\lor ",
    "→": r"\to ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "‘": "'",
    "’": "'",
    "′": "'",
    "“": '"',
    "”": '"',
    "…": r"\dots ",
    "，": ", ",
    "。": ". ",
    "：": ":",
    "；": "; ",
    "（": "(",
    "）": ")",
    "［": "[",
    "］": "]",
    "｛": r"\{",
    "｝": r"\}",
    "＝": "=",
    "％": "%",
    "＋": "+",
    "、": ", ",
    "٪": "%",
    "٫": ".",
    "٬": ",",
    "﷼": "",
    "ⅈ": "i",
    "ⅇ": "e",
}
_RAISED = {raised: str(unicodedata.normalize("NFKC", raised)) for raised in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ"}
_LOWERED = {lowered: str(unicodedata.normalize("NFKC", lowered)) for lowered in "₀₁₂₃₄₅₆₇₈₉"}
_DROPPED = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|left|right|middle|bigl?|bigr|Bigl?|Bigr|biggl?|biggr|Biggl?|Biggr|big|Big|bigg|Bigg|"
    r"rm|bf|it|normalsize|large|Large|small|centering|noindent|hfill|strut|mathstrut|color\{[a-z]+\}|label\{[^{}]*\}|tag\{[^{}]*\}|hline|nonumber|notag)(?![a-zA-Z])\s?\.?"
)
_SPACES = re.compile(
    r"\\[,;:> ]|\\(?:thinspace|medspace|enspace|hspace\*?\{[^{}]*\}|hskip|phantom\{[^{}]*\}|vphantom\{[^{}]*\})(?![a-zA-Z])|\\q?quad|~"
)
_TWICE = r"(?<!\\)\\\\(?=(?:frac|dfrac|tfrac|left|right|text|boxed|sqrt|leq?|geq?|pi|cdot|times|infty|cup|cap|in|pm|circ|mathrm|begin|end|theta|alpha|log|ln|sin|cos|tan|quad)(?![a-zA-Z]))"
_WRAPPERS = r"\\(?:boxed|fbox|mathbf|mathit|bm|boldsymbol|ensuremath|mathop|mathord|mathsf|mathtt|underline|overbrace|underbrace|textcolor\{[a-z]+\}|cancel|bold)\s*\{"
_TEXTS = r"\\(?:text|mbox|textbf|textit|textrm|textnormal|texttt|textsf|emph|operatorname\*?|mathrm|hbox|textup)\s*\{"


def unify_characters(text: str) -> str:
    """Return `text` with invisible characters dropped, digits of every script as 0-9, and mathematical signs as LaTeX."""
    text = text.translate(_INVISIBLE)
    text = re.sub(r"[⁰¹²³⁴-⁹⁺⁻⁽⁾ⁿⁱ]+", lambda m: "^{" + "".join(_RAISED[c] for c in m[0]).replace("−", "-") + "}", text)
    text = re.sub(r"[₀-₉]+", lambda m: "_{" + "".join(_LOWERED[c] for c in m[0]) + "}", text)
    return "".join(_unified(character) for character in text)


def _unified(character: str) -> str:
    if character.isascii():
        return character
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "No":
        value = unicodedata.normalize("NFKC", character)
        return f" {value.replace('⁄', '/')} " if "⁄" in value else value
    if unicodedata.category(character) == "Zs":
        return " "
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() else character


def strip_markdown(text: str) -> str:
    """Return `text` without markdown emphasis, code marks, headings, list marks and trailing punctuation."""
    text = text.strip()
    text = re.sub(r"^```[a-z]*\n(.*?)\n?```$", r"\1", text, flags=re.S)
    text = re.sub(r"^(?:#{1,6}|[-*+>])\s+(?=\S)", "", text) if not re.match(r"^[-+]\s+[\d\\a-zA-Z(]", text) else text
    for mark in ("***", "**", "__", "`"):
        if text.count(mark) >= 2 and not re.search(r"[\w)]\*\*[\d({]", text):
            text = text.replace(mark, "")
    return re.sub(r"(?<=\S)(?:\*\*|(?<!\d)[.,;:。]|(?<=\d)[.,;](?!\d))+$", "", text.strip()).strip()


def unwrap(text: str, pattern: str, put: str) -> str:
    """Return `text` with each balanced group that `pattern` opens replaced by `put` (its `@` stands for the content)."""
    while match := re.search(pattern, text):
        end = closing(text, match.end() - 1)
        if end < 0:
            return text[: match.start()] + text[match.end() :]
        text = text[: match.start()] + put.replace("@", text[match.end() : end]) + text[end + 1 :]
    return text


def closing(text: str, start: int) -> int:
    """Return where the brace that opens at `start` closes, or -1."""
    depth = 0
    position = start
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
        position += 1
    return -1


def clean(text: str) -> str:
    r"""Return an answer in the notation the grammar reads: no `$`, no styling; words as \text{...}, separators resolved."""
    text = single_escapes(strip_markdown(unify_characters(text))).replace("\\\\", "\x02")
    text = re.sub(
        r"\\\$|\\(?:euro|pounds?)(?![a-z])",
        lambda m: {"\\$": "\x00USD ", "\\euro": "\x00EUR "}.get(m[0], "\x00GBP "),
        text,
    )
    text = re.sub(r"(?<=[\d)}])(and|or)(?=[A-Z(\\\d])", r" \1 ", text)
    text = _without_fences(text)
    text = text.replace("€", "\x00EUR ").replace("£", "\x00GBP ").replace("₹", "\x00INR ").replace("¥", "\x00JPY ")
    text = re.sub(r",\\!\s*(?=\d{3})|\{\s*,\s*\}", "\x01", text).replace(r"\!", "")
    text = _join_thousands(text)
    text = unwrap(text, _WRAPPERS, "{@}")
    text = re.sub(_TEXTS, r"\\text{", text)
    text = _SPACES.sub(" ", _DROPPED.sub("", text))
    text = re.sub(r"(\d{0,20})\.(\d{0,20})\\(?:overline|bar|dot|overbar)\s*(?:\{(\d{1,20})\}|(\d))", _repeating, text)
    text = re.sub(r"\\(?:angle|triangle|measuredangle)(?![a-zA-Z])\s*", "", text)
    text = re.sub(r"\\(?:d|t|c)frac(?![a-z])", r"\\frac", text)
    text = re.sub(r"\\(?:d|t)binom(?![a-z])", r"\\binom", text)
    text = re.sub(r"\\begin\{array\}\{[^{}]*\}", r"\\begin{array}", text)
    text = re.sub(r"(?<=\d)\s+\\?%", "%", text).replace(r"\%", "%").replace(r"\#", "")
    text = re.sub(r"\^\s*\{?\s*\\(?:circ|degree)\s*\}?|\\(?:degree|textdegree)(?![a-z])", r"\\deg ", text)
    text = re.sub(r"(?<=\d)\s*\x01\s*(?=\d)", ".", text).replace("\x01", ",")
    text = re.sub(r"\s+", " ", text).strip()
    return strip_markdown(re.sub(r"(?:\x02|\\)\s*$", "", text).replace("\x02", "\\\\ "))


def single_escapes(text: str) -> str:
    r"""Return `text` with commands that were escaped twice (`\\frac`) written once; a matrix's line ends stay."""
    for lost, meant in (("\x08oxed", r"\boxed"), ("\x0crac", r"\frac"), ("\x08egin", r"\begin")):
        text = text.replace(lost, meant)
    return re.sub(_TWICE, r"\\", text)


def _repeating(match: re.Match[str]) -> str:
    r"""A repeating decimal as a fraction: `0.1\overline{6}` is 1/6."""
    whole, fixed, period = match[1] or "0", match[2], match[3] or match[4]
    bottom = 10 ** len(fixed) * (10 ** len(period) - 1)
    return rf"\frac{{{int(whole + fixed + period) - int(whole + fixed)}}}{{{bottom}}}"


def _without_fences(text: str) -> str:
    text = re.sub(r"\\\(|\\\)|\\\[|\\\]|\$\$", " ", text)
    if text.count("$") % 2 == 0:
        amounts = re.fullmatch(r"\s*\$\s*[\d.,]+\s*(?:and|,|or)\s*\$\s*[\d.,]+\s*", text)
        return text.replace("$", "\x00USD " if amounts else " ")
    if re.match(r"\s*-?\s*\$\s*-?[\d.]", text):
        return text.replace("$", "\x00USD ", 1)
    return text.replace("$", " ")


def _join_thousands(text: str) -> str:
    r"""Join `1,234,567`, `1 234`, `1\,234` into one number where no bracket, list or other digit makes them something else."""
    text = re.sub(r"(?<=\d)(?:\\,|\x01\s*)(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=\d)\s*\x01\s*(?=\d{3}(?!\d))", "", text)
    text = (
        re.sub(r"(?<=\d)_(?=\d{3}(?:_\d{3})*$)", "", text)
        if re.fullmatch(r"\s*-?\d{1,3}(?:_\d{3})+(?:\.\d+)?\s*", text)
        else text
    )
    text = re.sub(r"(?<![\d.,])[1-9]\d{0,2}(?:[  ']\d{3})+(?![\d,])", lambda m: re.sub(r"[ ']", "", m[0]), text)
    out, depth, position = [], 0, 0
    for match in re.finditer(r"(?<![\d.])[1-9]\d{0,2}(?:,\d{3})+(?!\d|,\d)", text):
        before = text[position : match.start()]
        depth += (
            sum(before.count(c) for c in "([")
            + before.count(r"\{")
            - sum(before.count(c) for c in ")]")
            - before.count(r"\}")
        )
        listed = depth > 0 or (before.rstrip().endswith(",") and not before.endswith(" "))
        out += [before, match[0] if listed else match[0].replace(",", "")]
        position = match.end()
    text = "".join([*out, text[position:]])
    if (
        re.fullmatch(r"[\s\x00A-Z]*-?(?:\d+,\d{2}|0,\d+|\d+,\d{4,})\D*", text)
        and text.count(",") == 1
        and not re.search(r",\s", text)
    ):
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    return text


def literal(text: str) -> str:
    """Return an answer's canonical spelling: two answers that spell the same are equal, whatever they mean."""
    text = clean(text)
    text = re.sub(r"\\text\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\s+", " ", text).strip().strip("\"'").strip()
    text = re.sub(r"\s*([-+*/=<>^_(){}\[\]|;])\s*", r"\1", text)
    while len(text) > 2 and text[0] == "{" and closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text
