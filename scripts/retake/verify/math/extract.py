r"""The final answer of a text: the last \boxed, else the dataset's own convention, else the last expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retake.verify.math.normalise import closing, single_escapes, strip_markdown, unify_characters
from retake.verify.math.words import is_known_phrase

_NUMBER = r"[-+]?\s?\$?\s?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?/\s?\d+)?\s?%?"
_NEGATION = re.compile(
    r"(?:\bnot\b|n['’]t\b|\bnever\b|\bcannot\b|\binstead of\b|\brather than\b|\bother than\b|\bexcept\b|\bwrong(?:ly)?\b|\bincorrect(?:ly)?\b"
    r"|\bno longer\b|\bneither\b|\brul(?:es?|ed|ing) out\b|\bexclud(?:es?|ed|ing)\b|\bimpossible\b)[^\w.!?,;\n]*(?:(?!but\b)\w+[^\w.!?,;\n]+){0,2}$",
    re.I,
)
_DENIED_AFTER = re.compile(
    r"[^\w.!?,;\n]*(?:(?:is|was|are|would be|can|could|must)\s*(?:not\b|n['’]t\b)|cannot\b|(?:is|was|would be)\s+(?:the\s+)?(?:wrong|incorrect|impossible|too)\b|isn['’]t\b|does(?:n['’]t|\s+not)\b)",
    re.I,
)
_STATED = re.compile(
    r"(?:\bfinal\s+answer|\bcorrect\s+answer|\banswer|\bresult|\bsolution|答案|respuesta|réponse|antwort|ответ)\s*(?:\([^()]*\)\s*)?\**\s*(?:(?:is|are|was|equals|to [^.:\n]{0,60} is)\b|[:：=]|为|是|es\b|est\b|ist\b)[\s*:]*(?:therefore\s+|thus\s+|simply\s+|option\s+|equal to\s+)?",
    re.I,
)
_MATH = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|(?<![\\\d])\$((?:[^$\n]|\\\$)+?)(?<!\\)\$", re.S)
_ENDS = re.compile(
    r"\n|(?<=[^\d\s])\.(?=\s|$)|(?<=\d)\.(?=\s|$)|(?:[.,]?\s+(?:I hope|because|since|which|so that|as (?:we|the|it)|Note|Therefore)\b)"
)
_JOINT = re.compile(
    r"(?:\s|\$|\\\)|\\\(|\\quad|\\text\s*\{[^{}]{0,30}\b(?:and|or)\s*\}|,|\.?\s*(?:\b[a-z]+\s+)?\band\b|\bor\b|&|;|[a-zA-Z](?:_\{?\d\}?)?\s*=)*"
)
_MAX_BOXES = 40  # the last ones of a text that are looked at
_THOUGHTS = re.compile(r"<(/?)(?:think|thinking|reasoning)>", re.I)
MAX_READ = 12_000  # characters at the end of what a candidate says, where its answer stands
MAX_TEXT = 400_000  # characters of a candidate; only its end is read beyond


@dataclass(frozen=True)
class Extracted:
    """An answer as found: `confidence` is how sure it is that this is the final answer; `others` are boxes right before it."""

    answer: str
    method: str
    confidence: float
    others: tuple[str, ...] = ()


def without_thoughts(text: str) -> str:
    """Return a candidate's text without its <think> part, closed or cut off; of a long text, its end."""
    text = text[-MAX_TEXT:]
    tags = list(_THOUGHTS.finditer(text))
    opened = [tag.start() for tag in tags if not tag[1]]
    closed = [tag.end() for tag in tags if tag[1]]
    if not tags:
        return text[-MAX_READ:].strip()
    after = text[closed[-1] :] if closed else ""
    reopened = [start - closed[-1] for start in opened if closed and start >= closed[-1]]
    after = after[: reopened[0]] if reopened else after
    before = text[: opened[0]] if opened and (not closed or opened[0] < closed[0]) else ""
    return (after if after.strip() else before)[-MAX_READ:].strip()


def extract(text: str) -> Extracted | None:
    """Return the final answer of `text`, or None where it states none."""
    return next(iter(candidates(text)), None)


def candidates(text: str) -> Iterator[Extracted]:
    """Yield the final answer as each method finds it, the surest first: where one cannot be read, the next is asked."""
    text = single_escapes(re.sub(r"<\|[a-z_]+\|>.*$", "", without_thoughts(text), flags=re.S))
    for method in (_minerva, _boxed, _hashes, _stated, _whole, _concluded, _last_math, _last_number, _sentence):
        found = method(text)
        if found is not None and found.answer.strip():
            yield found


def strict_and_flexible(text: str) -> dict[str, str | None]:
    """Return GSM8K's two conventions: `strict` is what follows `####`, `flexible` the last number of the text."""
    text = unify_characters(without_thoughts(text))
    strict = re.findall(r"####\s*(\-?[0-9\.,]+)", text)
    flexible = [
        found for found in re.findall(r"-?\$?[0-9][0-9,]*(?:\.\d+)?|-?\.\d+", text) if any(c.isdigit() for c in found)
    ]
    tidy = [found[-1].replace(",", "").replace("$", "").rstrip(".") if found else None for found in (strict, flexible)]
    return {"strict": tidy[0], "flexible": tidy[1]}


def _boxed(text: str) -> Extracted | None:
    boxes: list[tuple[int, int, str]] = []
    found = list(re.finditer(r"\\{1,2}(?:boxed|fbox)\s*(\{|[^\s{$\\.,]+)", text))
    for match in found[-_MAX_BOXES:]:
        if match[1] != "{":
            boxes.append((match.start(), match.end(), match[1]))
            continue
        end = closing(text, match.end() - 1)
        line_end = re.search(r"\$|\n|$", text[match.end() :])
        stop = end if end >= 0 or line_end is None else match.end() + line_end.start()
        boxes.append((match.start(), stop + 1, text[match.end() : stop]))
    boxes = [
        box for box in boxes if box[2].strip() and not any(other[0] < box[0] and box[1] <= other[1] for other in boxes)
    ]
    kept = [
        box
        for box in boxes
        if not _is_denied(re.sub(r"[\s$(\\]+$", " ", text[max(0, box[0] - 40) : box[0]]), text[box[1] :])
    ]
    if not kept:
        return None
    return Extracted(_with_percent(text, kept[-1]), "boxed", 0.98 if kept == boxes else 0.8, _joined(text, kept))


def _with_percent(text: str, box: tuple[int, int, str]) -> str:
    after = re.match(r"\$?\s*(?:\\?%|percent\b|pct\b)", text[box[1] :])
    return box[2] + (r"\%" if after and re.fullmatch(r"\s*-?[\d.,]+\s*", box[2]) else "")


def _joined(text: str, boxes: list[tuple[int, int, str]]) -> tuple[str, ...]:
    """The boxes before the last one that only `and`, `or` or a comma keep apart from it."""
    joined: list[str] = []
    for before, after in zip(reversed(boxes[:-1]), reversed(boxes[1:]), strict=True):
        between = text[before[1] : after[0]]
        if len(between) > 80 or not re.search(r",|\band\b|\bor\b|;", between) or not re.fullmatch(_JOINT, between):
            break
        joined.append(before[2])
    return tuple(reversed(joined))


def _minerva(text: str) -> Extracted | None:
    """`Final Answer: The final answer is $4$. I hope it is correct.`, the convention of Minerva's prompt, after any box."""
    found = list(re.finditer(r"final answer is:?\s*(\S[^\n]{0,200}?)\.?\s+I hope it is correct", text, re.I))
    if not found or "\\boxed" in text[found[-1].start() :]:
        return None
    answer = found[-1][1].strip()
    math = _MATH.fullmatch(answer)
    return Extracted(next(group for group in math.groups() if group is not None) if math else answer, "stated", 0.95)


def _concluded(text: str) -> Extracted | None:
    """The last sentence, where it concludes (`Therefore, there are 12 sequences`)."""
    sentences = [
        part for part in re.split(r"(?<=[.!?])\s+|\n+", text.strip()) if part.strip() and not part.startswith("I hope")
    ]
    found = re.match(r"(?:Therefore|Thus|Hence|So),?\s+(.{1,300}?)\.?$", sentences[-1], re.S) if sentences else None
    if found is None or "$" in found[1] or re.search(r"\bnot\b", found[1]):
        return None
    answer = _tidied(found[1])
    return Extracted(answer, "concluded", 0.6) if re.search(r"\d", answer) else None


def _hashes(text: str) -> Extracted | None:
    found = re.findall(r"^\s*####\s*(\S[^\n]*)$|(?<=\s)####\s*(\S[^\n]*)$", text, re.M)
    answers = [first or second for first, second in found]
    if not answers or not re.search(r"\d|\\|^\S{1,12}$", answers[-1]):
        return None
    return Extracted(strip_markdown(answers[-1]), "hashes", 0.97)


def _stated(text: str) -> Extracted | None:
    found = None
    for match in _STATED.finditer(text):
        rest = text[match.end() : match.end() + 600]
        said = re.match(r"\s*(?:not\b|n['’]t)", rest)
        if said or _NEGATION.search(text[max(0, match.start() - 30) : match.start()]):
            found = _corrected(rest) or found
            continue
        answer = _first_answer(rest)
        if answer:
            found = Extracted(answer, "stated", 0.9)
    return found


def _corrected(rest: str) -> Extracted | None:
    """`The answer is not 5 but 6`: what follows the `but`."""
    match = re.match(r"[^.\n]*?\bbut\s+(?:rather\s+)?([^.\n]+)", rest)
    return Extracted(_tidied(match[1]), "stated", 0.7) if match else None


def _first_answer(rest: str) -> str | None:
    rest = rest.lstrip()
    math = _MATH.match(rest)
    if math:
        inner = next(group for group in math.groups() if group is not None)
        tail = re.match(r"(?:\s*(?:,|and|or|,\s*and)\s*\$[^$\n]+\$)+", rest[math.end() :])
        unit = re.match(r"\s*(?:\\?%|percent|[a-zA-Z]+(?:\^?\d)?(?:/[a-z]+)?)(?=[\s.,]|$)", rest[math.end() :])
        words = (
            unit[0]
            if unit
            and not tail
            and unit[0].strip().lower()
            not in ("and", "or", "because", "since", "so", "which", "as", "for", "i", "when", "if", "where")
            else ""
        )
        return inner + (tail[0].replace("$", "") if tail else words)
    line = _ENDS.split(rest, maxsplit=1)[0]
    return _tidied(line) or None


def _tidied(line: str) -> str:
    line = strip_markdown(line.strip().strip("\"'"))
    prose = re.findall(r"[^\W\d_]{2,}", re.sub(r"\$[^$]*\$|\\text\s*\{[^{}]*\}|\\[a-zA-Z]+", " ", line))
    if len(prose) > 3 or (len(prose) > 1 and re.search(r"\b(?:is|are|equals)\b", line)):
        return _said(line)
    maths = list(_MATH.finditer(line))
    if len(maths) == 1 and len(line) > len(maths[0][0]) + 24:
        return next(group for group in maths[0].groups() if group is not None)
    return line if len(line) <= 200 else ""


def _said(line: str) -> str:
    """What a sentence says: what follows its last `is` or `=`, else its last number."""
    match = re.match(r".*\b(?:is|are|was|equals|be)\s+(?:equal to\s+)?(.+)$", line, re.S)
    if match and match[1].strip() and not re.match(r"not\b", match[1]):
        return _tidied(match[1]) if len(match[1]) < len(line) else ""
    numbers = [
        found
        for found in re.finditer(rf"(?<![\w.\\^_]){_NUMBER}", line)
        if not _is_denied(line[: found.start()], line[found.end() :])
    ]
    return numbers[-1][0].strip() if numbers else (line if len(line) <= 200 else "")


def _whole(text: str) -> Extracted | None:
    """A text that is nothing but an answer: one line without prose."""
    flat = strip_markdown(text)
    if not flat or "\\boxed" in flat:
        return None
    if is_known_phrase(flat):
        return Extracted(flat, "whole", 0.93)
    if len(flat) > 300 or (re.search(r"\S\n+\s*\S", flat) and "\\begin" not in flat):
        return None
    bare = re.sub(r"\\text\s*\{[^{}]*\}|\\[a-zA-Z]+|\$", " ", flat)
    words = re.findall(r"[^\W\d_]{2,}", bare)
    if len(words) > 5 or re.search(
        r"\b(?:is|are|was|we|so|therefore|thus|hence|then|it|not|but|find|get|approximately|about)\b", bare, re.I
    ):
        return None
    return Extracted(flat, "whole", 0.93)


def _sentence(text: str) -> Extracted | None:
    """One short sentence without mathematics: `It is Saturday`."""
    match = re.fullmatch(r"(?:\w+\s+){1,4}(?:is|are|was)\s+((?!not\b)\w+(?:\s+\w+){0,3})\s*\.?", strip_markdown(text))
    return Extracted(match[1], "sentence", 0.6) if match else None


def _is_denied(before: str, after: str) -> bool:
    """Return whether the words around an expression say that it is not the answer."""
    return bool(_NEGATION.search(before[-40:]) or _DENIED_AFTER.match(after[:40]))


def _last_math(text: str) -> Extracted | None:
    for match in reversed(list(_MATH.finditer(text))):
        inner = next(group for group in match.groups() if group is not None)
        if not _is_denied(text[: match.start()], text[match.end() :]) and re.search(r"[\w\\]", inner):
            after = re.match(r"\s*(?:\\?%|percent\b)", text[match.end() :])
            return Extracted(inner + (r"\%" if after else ""), "last expression", 0.6)
    return None


def _last_number(text: str) -> Extracted | None:
    text = unify_characters(text)[-4000:]
    for match in reversed(list(re.finditer(rf"(?<![\w.\\^_])(?<!\^\{{){_NUMBER}(?![\w]*[a-zA-Z]{{5}})", text))):
        if not _is_denied(text[: match.start()], text[match.end() :]):
            return Extracted(match[0].strip().rstrip(",."), "last number", 0.5)
    return None
