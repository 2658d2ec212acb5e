"""The tokens of an answer's notation: LaTeX, and the plain spellings that models mix with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retake.verify.math.limits import Unparseable
from retake.verify.math.nodes import names
from retake.verify.math.normalise import closing

GREEK = names(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau upsilon phi varphi chi psi "
    "omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega ell hbar"
)
FUNCTIONS = names(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch asin acos atan arcsinh arccosh "
    "arctanh log ln lg exp max min gcd lcm Re Im arg sgn det"
)
RELATIONS = {"=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "==": "=", "=<": "<=", "=>": ">="}
_COMMANDS = {
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "lt": "<",
    "gt": ">",
    "ne": "!=",
    "neq": "!=",
    "approx": "~",
    "simeq": "~",
    "thickapprox": "~",
    "doteq": "~",
    "equiv": "=",
    "cdot": "*",
    "times": "*",
    "ast": "*",
    "div": "/",
    "cdotp": "*",
    "bullet": "*",
    "in": "in",
    "notin": "notin",
    "cup": "cup",
    "bigcup": "cup",
    "cap": "cap",
    "setminus": "setminus",
    "backslash": "setminus",
    "lor": "or",
    "vee": "or",
    "land": "and",
    "wedge": "and",
    "pm": "pm",
    "mp": "mp",
    "lbrace": r"\{",
    "rbrace": r"\}",
    "lbrack": "[",
    "rbrack": "]",
    "lparen": "(",
    "rparen": ")",
    "vert": "|",
    "mid": "mid",
    "lvert": "|",
    "rvert": "|",
    "langle": "<(",
    "rangle": ")>",
    "lfloor": "lfloor",
    "rfloor": "rfloor",
    "lceil": "lceil",
    "rceil": "rceil",
    "colon": ":",
    "to": "to",
    "rightarrow": "to",
    "implies": "to",
    "Rightarrow": "to",
    "iff": "to",
    "deg": "degree",
    "infty": "infty",
    "infin": "infty",
    "prime": "'",
}
_PLAIN = {
    "infinity": "infty",
    "inf": "infty",
    "oo": "infty",
    "union": "cup",
    "pm": "pm",
    "degrees": "degree",
    "degree": "degree",
    "deg": "degree",
    "or": "or",
    "and": "and",
    "in": "in",
}
_WORDS = re.compile(r"[A-Za-z]+")
_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?(?![\d])|\d+\.(?!\d)|\.\d+)|(?P<command>\\[a-zA-Z]+)|(?P<brace>\\[{}|])|(?P<linebreak>\\\\)|(?P<word>[A-Za-z]+)"
    r"|(?P<relation><=|>=|!=|==|=<|=>|<|>|=)|(?P<power>\*\*)|(?P<sign>[-+*/^_(){}\[\]|,;:!'&%~])|(?P<space>\s+)"
)


@dataclass(frozen=True)
class Token:
    """One token: `kind` is number, id, func, const, rel, text, env, or the sign or word itself; `spaced` if blank before it."""

    kind: str
    text: str = ""
    spaced: bool = False


def tokens(source: str) -> list[Token]:
    """Return the tokens of a cleaned answer; raises Unparseable at a character or word that belongs to no notation."""
    out: list[Token] = []
    position, spaced = 0, False
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise Unparseable(f"character {source[position]!r}")
        position = match.end()
        kind, text = match.lastgroup or "", match[0]
        if kind == "space":
            spaced = True
            continue
        if kind == "command" and text in (
            r"\text",
            r"\begin",
            r"\end",
            r"\mathbb",
            r"\mathcal",
            r"\hat",
            r"\vec",
            r"\overline",
            r"\bar",
            r"\overrightarrow",
            r"\widehat",
            r"\tilde",
        ):
            argument, position = _argument(source, position)
            out.append(_with_argument(text, argument, spaced))
        else:
            out += _simple(kind, text, spaced)
        spaced = False
    return out


def _argument(source: str, position: int) -> tuple[str, int]:
    rest = re.match(r"\s*", source[position:])
    start = position + (rest.end() if rest else 0)
    if start < len(source) and source[start] == "{":
        end = closing(source, start)
        if end < 0:
            raise Unparseable("a brace is not closed")
        return source[start + 1 : end], end + 1
    return source[start : start + 1], start + 1


def _with_argument(command: str, argument: str, spaced: bool) -> Token:
    argument = argument.strip()
    if command == r"\text":
        word = argument.strip(" .,:;").lower()
        if word in ("and", "or"):
            return Token(word, word, spaced)
        if word in ("i", "e"):
            return Token("const" if word == "e" else "id", word, spaced)
        if argument in FUNCTIONS:
            return Token("func", argument, spaced)
        return Token("text", argument, spaced)
    if command in (r"\begin", r"\end"):
        return Token(command[1:], argument, spaced)
    if command in (r"\mathbb", r"\mathcal"):
        return Token("id", f"{command[1:]}:{argument}", spaced)
    return Token("id", f"{command[1:]}:{argument}", spaced)


def _simple(kind: str, text: str, spaced: bool) -> list[Token]:
    if kind == "number":
        return [Token("number", text, spaced)]
    if kind == "command":
        return [_command(text[1:], spaced)]
    if kind == "brace":
        return [Token({"\\|": "|"}.get(text, text), text, spaced)]
    if kind == "linebreak":
        return [Token("newline", text, spaced)]
    if kind == "relation":
        return [Token("rel", RELATIONS[text], spaced)]
    if kind == "power":
        return [Token("^", "^", spaced)]
    if kind == "word":
        return _word(text, spaced)
    return [Token(text, text, spaced)]


def _command(name: str, spaced: bool) -> Token:
    if name in _COMMANDS:
        sign = _COMMANDS[name]
        return (
            Token("rel", sign, spaced)
            if sign in ("<=", ">=", "<", ">", "!=", "=", "~", "in", "notin")
            else Token(sign, sign, spaced)
        )
    if name in FUNCTIONS:
        return Token("func", name, spaced)
    if name == "pi":
        return Token("const", "pi", spaced)
    if name in ("imath", "jmath"):
        return Token("id", "i", spaced)
    if name in GREEK:
        return Token("id", name.removeprefix("var"), spaced)
    if name in ("frac", "sqrt", "binom", "sum", "prod", "pmod", "bmod", "mod", "emptyset", "varnothing"):
        return Token(name.replace("varnothing", "emptyset"), name, spaced)
    if name == "R":
        return Token("id", "mathbb:R", spaced)
    raise Unparseable(f"command \\{name}")


def _word(word: str, spaced: bool) -> list[Token]:
    lower = word.lower()
    if word in _PLAIN or lower in ("infinity", "and", "or"):
        sign = _PLAIN[lower]
        return [Token("rel", "in", spaced) if sign == "in" else Token(sign, sign, spaced)]
    if word in FUNCTIONS or lower in ("sin", "cos", "tan", "log", "ln", "exp"):
        return [Token("func", word if word in FUNCTIONS else lower, spaced)]
    if lower in ("pi", "sqrt"):
        return [Token("const", "pi", spaced) if lower == "pi" else Token("sqrt", "sqrt", spaced)]
    if word in GREEK:
        return [Token("id", word, spaced)]
    if word in ("emptyset", "frac", "binom"):
        return [Token(word, word, spaced)]
    for name in ("sqrt", "pi"):
        if len(word) <= len(name) + 2 and name in word and not lower.isupper():
            left, _, right = word.partition(name)
            middle = Token("const", "pi", spaced) if name == "pi" else Token("sqrt", "sqrt", spaced)
            return [*_letters(left, spaced), middle, *_letters(right, False)]
    if len(word) > 4 or (len(word) == 4 and not word.isupper()) or (len(word) > 2 and word.lower() in _SHORT_WORDS):
        raise Unparseable(f"word {word!r}")
    return _letters(word, spaced)


_SHORT_WORDS = names(
    "the yes not odd all any one two six ten none true even for are has its was and but can you day mph min sec hrs"
)


def _letters(word: str, spaced: bool) -> list[Token]:
    return [
        Token("const" if letter == "e" else "id", letter, spaced and index == 0) for index, letter in enumerate(word)
    ]
