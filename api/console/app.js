// The frame: who is signed in, which page is shown, and the way between pages.
import { html, render, useEffect, useRef } from "./vendor/htm-preact.js";
import { key, may, me } from "./api.js";
import { t, useLang } from "./i18n.js";
import { connect } from "./live/jobs.js";
import { Capacity } from "./operator/Capacity.js";
import { Operator } from "./operator/Operator.js";
import { Catalogue } from "./pages/catalogue.js";
import { Generate } from "./pages/generate.js";
import { JobPage } from "./pages/job.js";
import { Jobs } from "./pages/jobs.js";
import { Settings } from "./pages/settings.js";
import { SignIn, takeKey, useMe } from "./pages/signin.js";
import { Studio } from "./pages/studio.js";
import { href, useRoute } from "./router.js";
import { shareSession } from "./session.js";
import { useSignal } from "./store.js";
import { Icon } from "./ui/ui.js";

const PAGES = {
  studio: { page: Studio, icon: "studio" },
  jobs: { page: Jobs, icon: "jobs" },
  job: { page: JobPage, under: "jobs" },
  generate: { page: Generate, icon: "spark" },
  catalogue: { page: Catalogue, icon: "table" },
  operator: { page: Operator, icon: "gauge", scope: "operator" },
  capacity: { page: Capacity, under: "operator" },
  settings: { page: Settings, icon: "gear" },
};

function App() {
  useLang();
  const route = useRoute();
  const shown = useSignal(key);
  const signedIn = useMe() && Boolean(shown);
  useEffect(() => (signedIn ? connect() : undefined), [signedIn]);
  const place = PAGES[route.page] ? route : { page: "studio", parts: [], query: {} };
  useEffect(() => { document.title = signedIn ? `${t(`nav.${PAGES[place.page].under ?? place.page}`)} · Packshot` : "Packshot"; });
  if (!signedIn) return html`<${SignIn} />`;
  return html`<${Frame} route=${place} />`;
}

function Frame({ route }) {
  const main = useRef(null);
  const { page: Page, under } = PAGES[route.page];
  const place = `${route.page}/${route.parts.join("/")}`;
  const first = useRef(place);
  useEffect(() => {
    if (first.current === place) return;
    first.current = null;
    scrollTo(0, 0);
    main.current.focus({ preventScroll: true }); // a page change is heard, and Tab goes on from its top
  }, [place]);
  return html`<a class="skip" href="#main" onClick=${(event) => (event.preventDefault(), main.current.focus())}>${t("nav.skip")}</a>
    <header class="side"><a class="brand" href="#/" aria-label="Packshot">
      <img src="/console/icon.svg" alt="" width="28" height="28" /><span>Packshot</span></a>
      <nav class="nav" aria-label=${t("nav.label")}>${entries().map(([name, { icon }]) => html`<a key=${name} href=${href(name)}
        aria-current=${name === (under ?? route.page) ? "page" : null}><${Icon} name=${icon} size="22" />
          <span>${t(`nav.${name}`)}</span></a>`)}</nav>
      <${Who} /></header>
    <main id="main" tabindex="-1" ref=${main} key=${route.page}><${Page} route=${route} /></main>`;
}

function Who() {
  const known = useSignal(me);
  return known?.tenant && html`<a class="who" href=${href("settings")}><${Icon} name="key" size="16" />
    <span class="clip">${known.tenant}<small class="faint clip">${known.key.name}</small></span></a>`;
}

const entries = () => Object.entries(PAGES).filter(([, { icon, scope }]) => icon && (!scope || (me.value && may(scope))));

takeKey();
shareSession();
addEventListener("hashchange", takeKey); // the link may be opened in a tab that shows the console already
render(html`<${App} />`, document.getElementById("app"));
