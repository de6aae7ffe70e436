// What a person entered and did not send yet, kept in this browser for this person, this item and this text; never the text itself, but the places of quotes.
const PREFIX = "vigie:lecture:", LIVES = 3 * 86_400_000, LEFT_OUT = ["csrf", "texte", "file", "reserve"];

export class Drafts {
  constructor({ personne, contenu, texte }) {
    this.key = `${PREFIX}${personne}:${contenu}:${(texte ?? "").slice(0, 16)}`;
    this.tidy();
  }

  // ``sent``: it may have arrived, so that it is sent again under the same act
  keep(form, sent = false) {
    const fields = [...new FormData(form)].filter(([name, value]) => value && !LEFT_OUT.includes(name));
    this.guarded(() => localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), sent, fields })));
  }

  drop() {
    this.guarded(() => localStorage.removeItem(this.key));
  }

  // Puts it back into the form; what it was, or null
  restore(form) {
    const found = this.read(this.key);
    if (!found || !found.fields.some(([name, value]) => value && name !== "acte")) return null;
    const given = (name) => found.fields.filter(([one]) => one === name).map(([, value]) => value);
    for (const field of form.elements) {
      if (!field.name || LEFT_OUT.includes(field.name) || field.name === "citation" || field.tagName === "BUTTON") continue;
      if (["radio", "checkbox"].includes(field.type)) field.checked = given(field.name).includes(field.value) || (field.type === "radio" && !field.value && !given(field.name).length);
      else if (given(field.name).length) field.value = given(field.name)[0];
    }
    for (const group of form.querySelectorAll(".groupe, .exclusions details")) if (group.querySelector("input[type=checkbox]:checked, input[type=radio]:checked:not([value=''])")) group.open = true;
    form.dataset.citations = JSON.stringify(given("citation"));
    return found;
  }

  tidy() {
    this.guarded(() => {
      for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) if ((this.read(key)?.at ?? 0) < Date.now() - LIVES) localStorage.removeItem(key);
    });
  }

  read(key) {
    return this.guarded(() => JSON.parse(localStorage.getItem(key))) ?? null;
  }

  // Storage may be refused or full: reading goes on without it
  guarded(act) {
    try {
      return act();
    } catch {
      return undefined;
    }
  }
}
