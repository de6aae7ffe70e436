// Small comforts of the pages of who submits; all of them work without.

// a form that is sent twice by an impatient click is sent once
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent; });

// the way to the form for a text opens it
const open = () => {
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", open);
open();

// the bookmark is dragged, not clicked
for (const link of document.querySelectorAll("[data-bookmark]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("glisser").textContent = "Ce bouton se fait glisser jusqu'à la barre de favoris ; c'est de là qu'il fonctionne.";
  });
}
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    document.getElementById("copie").textContent = "Copié.";
  });
}

// a page that asks again must not show a sign-in page in its middle
document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL || location.href).pathname;
  if (answered !== location.pathname) { event.detail.shouldSwap = false; location.reload(); }
});
