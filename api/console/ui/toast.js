// Short notices in the page's live region: read aloud, gone after a while, errors only when closed or later.
const LIFE_MS = { info: 4000, error: 12_000 };

/** Say something; kind "info" or "error". */
export function toast(text, kind = "info") {
  const place = document.getElementById("toasts");
  const node = document.createElement("div");
  node.className = `toast ${kind}`;
  node.textContent = text;
  node.addEventListener("click", () => node.remove());
  place.append(node);
  while (place.children.length > 4) place.firstChild.remove();
  setTimeout(() => node.remove(), LIFE_MS[kind] ?? LIFE_MS.info);
}
