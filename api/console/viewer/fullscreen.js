// One element on the whole screen, and back.

/** Fill the screen with `element`, or leave it again; where the browser does not let it (iPhones), fill the window. */
export async function fill(element) {
  if (document.fullscreenElement === element) return document.exitFullscreen();
  if (element.dataset.fills) return empty(element);
  try {
    await element.requestFullscreen();
  } catch {
    element.dataset.fills = "window";
    addEventListener("keydown", (event) => event.key === "Escape" && empty(element), { once: true });
  }
  return undefined;
}

function empty(element) {
  delete element.dataset.fills;
}
