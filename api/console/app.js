// The frame: who is signed in, which page is shown, and the way between pages.
import { html, render, useEffect } from "./vendor/htm-preact.js";
import { key, may, me } from "./api.js";
import { t, useLang } from "./i18n.js";
import { Operator } from "./operator/Operator.js";
import { href, useRoute } from "./router.js";
import { useSignal } from "./store.js";
import { Icon } from "./ui/ui.js";

const PAGES = {
  studio: { icon: "studio", page: () => null },
  jobs: { icon: "jobs", page: () => null },
  catalogue: { icon: "table", page: () => null },
  generate: { icon: "spark", page: () => null },
  operator: { icon: "gauge", page: Operator, scope: "operator" },
  settings: { icon: "gear", page: () => null },
};

function App() {
  useLang();
  const route = useRoute();
  const { page: Page } = PAGES[route.page] ?? PAGES.studio;
  useEffect(() => { document.title = `${t(`nav.${route.page}`)} · Packshot`; });
  return html`<a class="skip" href="#main">${t("nav.skip")}</a><nav class="nav" aria-label=${t("nav.label")}>
    ${Object.entries(PAGES).map(([name, { icon }]) => html`<a key=${name} href=${href(name)} aria-current=${name === route.page ? "page" : null}>
      <${Icon} name=${icon} /><span>${t(`nav.${name}`)}</span></a>`)}</nav><main id="main" tabindex="-1"><${Page} route=${route} /></main>`;
}

render(html`<${App} />`, document.getElementById("app"));
