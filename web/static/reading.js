// Reading pages: keys, quotes, what is kept when the connection drops, the next item fetched beforehand. Every page works without it.
import { Drafts } from "./reading_drafts.js";
import { Quotes } from "./reading_quotes.js";

const BEAT = 60_000, IDLE = 600_000, FIRST_RETRY = 4_000, LAST_RETRY = 60_000;
let page, form, drafts, quotes, sending, retry, wait, ahead, current, until, place, moved = Date.now();

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const here = () => location.pathname + location.search;
const csrf = () => $('input[name="csrf"]')?.value ?? "";

// --- what is told

function say(name, text, ...actions) {
  const place = $("#annonces");
  if (!place) return;
  const line = Object.assign(document.createElement("p"), { className: "avertit", id: `a-${name}` });
  line.append(text, ...actions);
  $(`#a-${name}`)?.remove();
  place.append(line);
}
const hush = (name) => $(`#a-${name}`)?.remove();

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "second", textContent: text });
  made.addEventListener("click", act);
  return made;
}

function signIn() {
  const link = Object.assign(document.createElement("a"), { href: "/connexion", target: "_blank", textContent: "Se connecter dans un autre onglet" });
  say("session", "Votre session est finie. Tout ce que vous avez saisi est gardé ici. ", link, button("J'y suis, renvoyer", () => { hush("session"); send(); }));
}

// --- what is hidden first

function veil() {
  const details = $("#voile");
  if (!details) return;
  if (page.dataset.voile === "oui" && !details.open) {
    details.open = true;
    blur(details, true);
  }
  $("summary", details).addEventListener("click", (event) => {
    event.preventDefault();
    details.open = true;
    blur(details, !details.classList.contains("flou"));
  });
}

function blur(details, hidden) {
  details.classList.toggle("flou", hidden);
  $(".contenu-voile", details).inert = hidden;
  $("#annonces").textContent = "";
  if (!hidden) $("#texte")?.focus({ preventScroll: true });
}

// --- sending

async function post(address, data, headers = {}) {
  const body = new URLSearchParams(data);
  body.set("csrf", csrf());
  return fetch(address, { method: "POST", body, headers: { "X-Vigie": "1", ...headers } });
}

async function send(submitter) {
  if (sending || !form) return;
  sending = new FormData(form, submitter?.form === form ? submitter : undefined);
  if (!sending.has("suite")) sending.set("suite", "suivant");
  drafts.keep(form, true);
  clearTimeout(retry);
  say("envoi", "Envoi…");
  try {
    let answer = await post(form.action, sending);
    if (answer.status === 403 && (await renew())) answer = await post(form.action, sending);
    await answered(answer);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // of fetch: no connection
    later();
  } finally {
    sending = null;
  }
}

async function answered(answer) {
  if (new URL(answer.url).pathname === "/connexion") return signIn();
  if (answer.status >= 500 || answer.status === 429) return later();
  hush("envoi"); hush("panne");
  const next = answer.headers.get("X-Vigie-Suite");
  if (!answer.ok || !next) return swap(await answer.text(), location.pathname, "#erreurs");
  drafts.drop();
  wait = 0;
  const done = await answer.text();
  const ready = ahead && ahead.address === new URL(next, location).pathname ? ahead.html : null;
  ahead = null;
  await go(next, ready, done);
}

function later() {
  wait = Math.min(wait ? 2 * wait : FIRST_RETRY, LAST_RETRY);
  hush("envoi");
  say("panne", `Hors ligne, ou Vigie ne répond pas : votre lecture est gardée ici. Nouvel essai dans ${Math.round(wait / 1000)} s. `, button("Réessayer maintenant", () => send()));
  retry = setTimeout(() => send(), wait);
}

// A session that was opened anew has another token: take it from the page, as it would be now.
async function renew() {
  const answer = await fetch(location.href);
  if (new URL(answer.url).pathname === "/connexion") return false;
  const found = $('input[name="csrf"]', new DOMParser().parseFromString(await answer.text(), "text/html"))?.value;
  if (!found || found === csrf()) return false;
  $$('input[name="csrf"]').forEach((field) => { field.value = found; });
  return true;
}

// --- going on without loading everything anew

async function go(address, html, done) {
  if (!html) {
    const answer = await fetch(address);
    if (!answer.ok) return location.assign(address);
    html = await answer.text();
  }
  history.pushState({}, "", address.split("?fait=")[0].split("&fait=")[0]);
  swap(html, null, "h1", done);
}

function swap(html, address, focus, done) {
  const given = new DOMParser().parseFromString(html, "text/html");
  document.title = given.title;
  $("main").replaceWith(document.adoptNode($("main", given)));
  if (done && !$(".fait")) $("#page")?.insertAdjacentHTML("afterbegin", done); // our own server's fragment, escaped there
  if (address) history.replaceState({}, "", address);
  start();
  const target = $(focus) ?? $("main");
  target.tabIndex = -1;
  target.focus();
  if (focus === "h1") scrollTo(0, 0);
}

// The next item is reserved only once this one is about to be decided, and given back if the reader leaves.
async function fetchAhead() {
  if (ahead !== null) return;
  ahead = undefined;
  try {
    const answer = await post("/file/suivant", { file: form.elements.file.value, sauf: page.dataset.contenu, reserve: "1" });
    const address = new URL(answer.url).pathname;
    if (!answer.ok || !address.startsWith("/contenus/")) { ahead = null; return; }
    ahead = { address, id: address.split("/")[2], html: await answer.text() };
    if (form) form.elements.reserve.value = ahead.id;
  } catch { ahead = null; }
}

function giveBack() {
  if (ahead?.id) navigator.sendBeacon(`/contenus/${ahead.id}/relacher`, new URLSearchParams({ csrf: csrf() }));
}

// --- the lease

async function beat() {
  if (!form || !until || document.visibilityState !== "visible" || Date.now() - moved > IDLE) return lost();
  try {
    const answer = await post(`/contenus/${page.dataset.contenu}/prolonger`, {});
    if (new URL(answer.url).pathname === "/connexion") return signIn();
    if (answer.status === 409) { until = 0; return lost(true); }
    if (answer.ok) { until = Date.parse((await answer.json()).jusqua); hush("bail"); }
  } catch { /* offline: the lease ends by itself, and sending tells */ }
}

function lost(now = false) {
  if (form && until !== undefined && (now || (until && until < Date.now())))
    say("bail", "Votre réservation est terminée : quelqu'un d'autre peut lire ce contenu. Ce que vous avez saisi reste ici ; envoyez, et Vigie dira si c'est encore possible.");
}

// --- keys

const writing = (target) => target.closest?.("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");
const click = (element) => { if (element && !element.closest("[inert]")) { element.focus(); element.click(); } return Boolean(element); };

function sign(step) {
  const signs = $$(".signe");
  if (!signs.length) return false;
  const at = signs.indexOf(current) + step;
  const next = signs[Math.max(0, Math.min(signs.length - 1, at))];
  next.closest(".groupe").open = true;
  ($("input:checked", next) ?? $("input", next)).focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function row(step) {
  const links = $$(".ligne h2 a");
  const at = links.indexOf(document.activeElement?.closest(".ligne")?.querySelector("h2 a")) + step;
  links[Math.max(0, Math.min(links.length - 1, at))]?.focus();
  return links.length > 0;
}

const answer = (value) => current && click($(`input[value="${value}"]`, current));
const choose = (value) => click($(`#q-${value}`));
const KEYS = {
  j: () => (form ? sign(1) : row(1)), k: () => (form ? sign(-1) : row(-1)),
  1: () => answer("present"), 2: () => answer("absent"), 3: () => answer("incertain"), 0: () => answer(""),
  h: () => choose("hors_champ"), l: () => choose("licite_preoccupant"), i: () => choose("illicite_presume"), u: () => choose("urgence"),
  t: () => ($("#texte")?.focus(), true), m: () => ($("#f-motif")?.focus(), true), f: () => ($("#f-q")?.closest("details")?.setAttribute("open", ""), $("#f-q")?.focus(), true),
  c: () => (quotes ? (quotes.cite(quotes.wanted()), true) : false), // without going to the panel: the reader stays in the text
  s: () => quotes?.sentence(false), S: () => quotes?.sentence(true),
  "?": () => { const list = $("#touches"); if (list) { list.open = true; $("summary", list).focus(); } return Boolean(list); },
};

document.addEventListener("keydown", (event) => {
  moved = Date.now();
  if (!page || event.defaultPrevented) return;
  if (event.key === "Enter" && event.ctrlKey && form && !event.altKey) { event.preventDefault(); form.requestSubmit($('button[value="suivant"]', form)); return; }
  if (page.dataset.touches !== "oui" || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const marked = $$(`[data-touche="${CSS.escape(event.key)}"]`).find((element) => element.offsetParent !== null);
  if (KEYS[event.key]?.() || (marked && click(marked))) event.preventDefault();
});

// --- the page

function start() {
  clearTimeout(retry);
  place = here();
  page = $("#page");
  form = page && $("#lecture");
  current = null;
  if (ahead === undefined) ahead = null;
  if (page?.dataset.page !== "contenu") return;
  until = page.dataset.jusqua ? Date.parse(page.dataset.jusqua) : undefined;
  drafts = new Drafts(page.dataset);
  quotes = form && new Quotes(form, () => current);
  veil();
  if (!form) return drafts.drop();
  const call = $("#qui-appeler");
  call.open = $("#q-urgence").checked;
  form.addEventListener("submit", (event) => { event.preventDefault(); send(event.submitter); });
  form.addEventListener("focusin", (event) => { current = event.target.closest(".signe") ?? current; });
  form.addEventListener("input", () => drafts.keep(form));
  form.addEventListener("change", (event) => {
    if (event.target.closest(".signe")) propose(event.target.closest(".groupe"), event.target.closest(".signe"));
    if (event.target.name === "marqueur") event.target.dataset.propose = "";
    drafts.keep(form);
    if (event.target.name !== "qualification") return;
    call.open = event.target.value === "urgence";
    if (call.open) say("urgence", "Appelez tout de suite : 15, 17, 112, 119 ou 3114. Vigie n'appelle personne.");
    else hush("urgence");
    if (event.target.value !== "urgence") fetchAhead();
  });
  restore();
}

// The first sign that is present ticks its marker, and says so beside the sign; taking the last one away unticks what was ticked so, and nothing else.
function propose(group, sign) {
  const box = $("input[name=marqueur]", group), present = $$(".signe input[value=present]:checked", group).length > 0;
  if (present === box.checked || (!present && box.dataset.propose !== "oui")) return;
  if (present && box.dataset.propose === "") return; // the reader unticked it
  box.checked = present;
  box.dataset.propose = "oui";
  const told = $(".dit", sign).textContent.startsWith("Passage cité") ? `${$(".dit", sign).textContent} ` : "";
  $(".dit", sign).textContent = told + (present ? `Marqueur « ${box.dataset.nom} » coché, au bas de ce groupe.` : `Marqueur « ${box.dataset.nom} » décoché : plus aucun signe présent.`);
}

// From what must be mended to its very field, opened where it was folded
function toField(event) {
  const field = event.target.closest?.("#erreurs a") && document.getElementById(event.target.closest("a").hash.slice(1));
  if (!field) return;
  event.preventDefault();
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const aim = field.matches("input, textarea, [tabindex]") ? field : $("input:checked, textarea, input, [tabindex]", field) ?? field;
  aim.focus();
  field.scrollIntoView({ block: "center" });
}

function restore() {
  if ($("#erreurs")) { $("#erreurs").focus(); return; }
  const found = drafts.restore(form);
  if (!found) return;
  quotes.show();
  say("brouillon", `${found.sent ? "Un envoi n'a pas été confirmé" : "Un brouillon"} du ${new Date(found.at).toLocaleString("fr-FR")} a été retrouvé et remis en place. `,
    ...(found.sent ? [button("Renvoyer", () => send())] : []), button("Effacer le brouillon", () => { drafts.drop(); location.reload(); }));
}

ahead = null;
start();
setInterval(beat, BEAT);
addEventListener("pointerdown", () => { moved = Date.now(); });
addEventListener("online", () => { if ($("#a-panne")) send(); });
addEventListener("popstate", () => { if (here() !== place) location.reload(); }); // not for a link within the page
addEventListener("click", toField);
addEventListener("pagehide", giveBack);
