// Signing in with an API key: pasted, or taken from the link that `packshot up` prints (and off the address bar).
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, key, keyProblem, me, signIn, signOut } from "../api.js";
import { LANGUAGES, lang, t } from "../i18n.js";
import { replace } from "../router.js";
import { useSignal } from "../store.js";
import { Button, Field, Notice, ProblemNotice, Segmented, Spinner, Toggle } from "../ui/ui.js";

/** A key in the address (#key=psk_…) becomes the session's, and leaves the address and its history entry. */
export function takeKey() {
  const found = /[#&?/]key=(psk_[\w.-]+)/.exec(location.hash);
  if (!found) return;
  signIn(found[1], false);
  replace("studio");
}

/** Whether the server knows the key: true, or false while it is asked or after it said no. */
export function useMe() {
  const known = useSignal(me);
  const shown = useSignal(key);
  useEffect(() => {
    if (shown && !known) ask(shown).catch(keyProblem.set);
  }, [shown]);
  return Boolean(known);
}

async function ask(text) {
  try {
    me.set(await get("/v1/me", { key: text }));
    keyProblem.set(null);
  } catch (error) {
    if (error.status === 401) signOut();
    throw error;
  }
}

export function SignIn() {
  const shown = useSignal(key);
  const language = useSignal(lang);
  const [text, setText] = useState("");
  const [remember, setRemember] = useState(false);
  const error = useSignal(keyProblem);
  const [busy, setBusy] = useState(false);
  if (shown && !error) return html`<main class="signin"><${Spinner} /></main>`;
  const submit = async (event) => {
    event.preventDefault();
    const wanted = text.trim();
    const wrong = mistake(wanted);
    if (wrong) return keyProblem.set(wrong);
    setBusy(true);
    try {
      await ask(wanted);
      signIn(wanted, remember);
      requestAnimationFrame(() => document.getElementById("main")?.focus()); // the field that had the focus is gone
    } catch (refused) {
      keyProblem.set(refused);
    }
    setBusy(false);
  };
  return html`<main class="signin"><form class="card stack" onSubmit=${submit} noValidate>
    <div class="row spread"><span class="brand"><img src="/console/icon.svg" alt="" width="36" height="36" /><span>Packshot</span>
      </span>
      <${Segmented} hideLabel label=${t("settings.language")} options=${Object.entries(LANGUAGES)} value=${language} onChange=${lang.set} />
        </div>
    <div><h1>${t("signin.title")}</h1><p class="soft">${t("signin.text")}</p></div>
    <${Field} label=${t("signin.key")} hint=${t("signin.hint")} error=${typeof error === "string" ? error : null}>
      ${(props) => html`<input type="password" name="key" ref=${focusOnce} autocomplete="current-password" spellcheck="false" autocapitalize="off" placeholder="psk_…"
        value=${text} onInput=${(event) => setText(event.target.value)} ...${props} />`}<//>
    <${Toggle} label=${t("signin.remember")} hint=${t("signin.remember.hint")} checked=${remember} onChange=${setRemember} />
    ${error && typeof error !== "string" && html`<${Refused} problem=${error} />`}
    <${Button} kind="primary" type="submit" busy=${busy}>${t("signin.go")}<//>
  </form></main>`;
}

/** As a ref it is called once, when the field comes; a moment later it is in the page. */
const focusOnce = (node) => node && requestAnimationFrame(() => node.focus());

function Refused({ problem }) {
  if (problem.slug === "network") return html`<${Notice} tone="bad" alert title=${t("problem.network")}>
    <p>${t("signin.network")}</p><//>`;
  if (problem.midSession) return html`<${Notice} tone="bad" alert title=${t("signin.lost")}><p>${t("signin.lost.text")}</p><//>`;
  return html`<${ProblemNotice} problem=${problem} />`;
}

function mistake(text) {
  if (!text) return t("signin.empty");
  if (/^put_/.test(text)) return t("signin.token");
  return /^psk_[\w-]+\.[\w-]+$/.test(text) ? null : t("signin.form");
}
