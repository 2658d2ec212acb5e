// Builds elements from data. No HTML is ever parsed here: text becomes text nodes, and unknown tags become spans.
const MATHML = "http://www.w3.org/1998/Math/MathML";
const MATH_TAGS = new Set(("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mover munder munderover msub msup " +
  "msubsup mmultiscripts mprescripts mtable mtr mtd mpadded mphantom").split(" "));
const HTML_TAGS = new Set(("p ul ol li blockquote strong em s code pre span br hr table thead tbody tr th td").split(" "));
const ATTRIBUTES = new Set(("class tabindex display alttext mathvariant stretchy fence separator linethickness accent " +
  "accentunder movablelimits lspace rspace minsize maxsize symmetric largeop width height depth displaystyle " +
  "scriptlevel columnalign").split(" "));

function build(node) {
  if (!Array.isArray(node)) return document.createTextNode(String(node));
  const [tag, ...rest] = node;
  const hasAttributes = rest.length > 0 && typeof rest[0] === "object" && !Array.isArray(rest[0]);
  const element = MATH_TAGS.has(tag)
    ? document.createElementNS(MATHML, tag)
    : document.createElement(HTML_TAGS.has(tag) ? tag : "span");
  if (hasAttributes) {
    for (const [name, value] of Object.entries(rest[0])) if (ATTRIBUTES.has(name)) element.setAttribute(name, value);
  }
  for (const child of hasAttributes ? rest.slice(1) : rest) element.append(build(child));
  return element;
}

function plain(node) {
  if (!Array.isArray(node)) return String(node);
  return node.slice(1).map((part) => (typeof part === "object" && !Array.isArray(part) ? part.alttext || "" : plain(part))).join("");
}

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
