// Quotes: a passage of the text is selected with the pointer, sentence by sentence with keys, or taken from those that the model noted.
// Places count in the text's own signs (Unicode code points), as the server counts; the pieces of the text say where they start.
const MOST = 5000;

export class Quotes {
  constructor(form, current) {
    this.form = form;
    this.current = current; // the sign that has the focus
    this.text = document.getElementById("texte");
    this.list = document.getElementById("citations");
    this.chosen = null;
    document.getElementById("citer").hidden = false;
    for (const one of document.querySelectorAll("[data-citer], [data-passage]")) {
      one.hidden = false;
      one.addEventListener("click", () => this.act(one));
    }
    document.getElementById("citer-bouton").addEventListener("click", () => this.cite(this.wanted()));
    document.onselectionchange = () => this.look();
    this.list.addEventListener("change", () => this.show());
    this.show();
  }

  wanted() {
    return document.getElementById("citer-pour").value || this.current()?.dataset.signe || "";
  }

  act(one) {
    if (one.dataset.passage) {
      const [start, end] = one.dataset.passage.split("-").map(Number);
      this.choose(start, end);
      this.cite(this.wanted());
    } else this.cite(one.dataset.citer);
  }

  look() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    if (!this.text.contains(range.startContainer) || !this.text.contains(range.endContainer)) return;
    this.choose(this.place(range.startContainer, range.startOffset), this.place(range.endContainer, range.endOffset), false);
  }

  place(node, offset) {
    const piece = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("[data-d]");
    if (!piece) { // between two pieces
      const next = this.text.childNodes[offset];
      return next ? Number(next.dataset.d) : [...this.text.textContent].length;
    }
    const before = document.createRange();
    before.setStart(piece, 0);
    before.setEnd(node, offset);
    return Number(piece.dataset.d) + [...before.toString()].length;
  }

  rangeOf(start, end) {
    const range = document.createRange();
    for (const piece of this.text.children) {
      const from = Number(piece.dataset.d), signs = [...piece.textContent];
      if (start >= from && start < from + signs.length) range.setStart(...this.point(piece, signs.slice(0, start - from).join("").length));
      if (end > from && end <= from + signs.length) range.setEnd(...this.point(piece, signs.slice(0, end - from).join("").length));
    }
    return range;
  }

  point(piece, units) {
    let node = piece;
    while (node.firstChild) node = node.firstChild; // each piece holds one text, however many marks lie around it
    return [node, units];
  }

  choose(start, end, mark = true) {
    const given = this.words(start, end), words = given.trim();
    if (!words) return;
    start += [...given].length - [...given.trimStart()].length;
    end = start + [...words].length;
    this.chosen = { start, end };
    document.getElementById("choix-citation").textContent = `Choisi : « ${words.length > 160 ? `${words.slice(0, 160)}…` : words} » (touche c pour citer)`;
    if (mark) this.show();
  }

  words(start, end) {
    return [...this.text.textContent].slice(start, end).join("");
  }

  // The next sentence of the text; ``more``: the one that is chosen, and the next
  sentence(more) {
    const text = this.text.textContent, units = (signs) => [...text].slice(0, signs).join("").length;
    const after = this.chosen ? units(this.chosen.end) : 0;
    for (const one of new Intl.Segmenter("fr", { granularity: "sentence" }).segment(text)) {
      const end = one.index + one.segment.trimEnd().length;
      if (end <= after || !one.segment.trim()) continue;
      const start = one.index + (one.segment.length - one.segment.trimStart().length);
      this.choose(more && this.chosen ? this.chosen.start : [...text.slice(0, start)].length, [...text.slice(0, end)].length);
      this.rangeOf(this.chosen.start, this.chosen.end).startContainer.parentElement.scrollIntoView({ block: "nearest" });
      return true;
    }
    this.chosen = null; // from the beginning again
    return true;
  }

  cite(submarker) {
    const sign = submarker && document.getElementById(`s-${submarker}`);
    if (!this.chosen) this.look(); // the browser tells of a selection a moment after it is made
    if (!this.chosen) return this.tell("Sélectionnez d'abord un passage du texte.", sign);
    if (this.chosen.end - this.chosen.start > MOST) return this.tell(`Ce passage a plus de ${MOST} signes : choisissez ce qui montre le signe.`, sign);
    this.add(`${this.chosen.start}-${this.chosen.end}-${submarker}`);
    this.tell(submarker ? `Passage cité pour ${submarker}.` : "Passage cité pour le contenu entier.", sign);
    if (sign) {
      sign.closest(".groupe").open = true;
      if (!sign.querySelector("input:checked")?.value) {
        const present = sign.querySelector('input[value="present"]');
        present.checked = true;
        this.tell(`Passage cité pour ${submarker}, marqué présent.`, sign);
        present.dispatchEvent(new Event("change", { bubbles: true })); // as if it had been chosen by hand: its marker is proposed
      }
    }
    this.chosen = null;
    this.show();
    this.form.dispatchEvent(new Event("input"));
  }

  // Said beside the sign, or in the panel where there is none; seen under the text too. The panel may be far from where the reader is
  tell(text, sign) {
    for (const place of document.querySelectorAll(".dit")) place.textContent = "";
    document.getElementById("choix-citation").textContent = sign ? "" : text;
    if (sign) sign.querySelector(".dit").textContent = text;
    document.getElementById("dit-texte").textContent = text;
  }

  add(value) {
    if ([...this.list.querySelectorAll("input")].some((one) => one.value === value)) return;
    const [start, end, submarker] = value.split("-");
    const item = document.createElement("li"), label = document.createElement("label"), box = document.createElement("input"), quote = document.createElement("q");
    Object.assign(box, { type: "checkbox", name: "citation", value, checked: true });
    Object.assign(quote, { className: "crawled", dir: "auto", textContent: this.words(Number(start), Number(end)) });
    label.append(box, " ", ...(submarker ? [Object.assign(document.createElement("b"), { textContent: submarker }), " "] : []), quote);
    item.append(label);
    this.list.append(item);
  }

  // Quotes of a draft come back; all that is quoted or chosen stands out in the text
  show() {
    for (const value of JSON.parse(this.form.dataset.citations ?? "[]")) this.add(value);
    delete this.form.dataset.citations;
    if (!globalThis.Highlight) return;
    const values = [...this.list.querySelectorAll("input:checked")].map((one) => one.value.split("-").map(Number));
    if (this.chosen) values.push([this.chosen.start, this.chosen.end]);
    CSS.highlights.set("citation", new Highlight(...values.map(([start, end]) => this.rangeOf(start, end))));
  }
}
