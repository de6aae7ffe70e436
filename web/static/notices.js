// Copy buttons and counts of characters. Without it the fields are selected and copied by hand, and the server counts.
const told = document.getElementById("annonces");
for (const button of document.querySelectorAll("[data-copier]")) {
  const field = document.getElementById(button.dataset.copier);
  if (!field || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      if (told) told.textContent = `« ${button.dataset.nom} » est copié.`;
      button.textContent = "Copié";
      setTimeout(() => { button.textContent = "Copier"; }, 2500);
    } catch {
      field.focus();
      field.select();
      if (told) told.textContent = "Le champ est sélectionné : copiez-le avec le clavier.";
    }
  });
}
for (const field of document.querySelectorAll("textarea[data-compte]")) {
  const shown = document.getElementById(field.dataset.compte);
  if (!shown) continue;
  const count = () => { shown.textContent = `${[...field.value].length} / ${field.maxLength}`; };
  field.addEventListener("input", count);
  count();
}
