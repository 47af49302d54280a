// Placeholder: before and after side by side until the slider stands here.
import { html } from "../vendor/htm-preact.js";

export function Compare({ after, alt }) {
  return html`<img src=${after} alt=${alt} />`;
}
