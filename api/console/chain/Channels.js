// The sales channels to make files for, each with its main rules in plain words.
import { html } from "../vendor/htm-preact.js";
import { bytes, has, number, t } from "../i18n.js";
import { at } from "./dryrun.js";

/** <Channels presets chosen errors onChange(names)/> */
export function Channels({ presets, chosen, errors, onChange }) {
  const flip = (name) => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  const error = at(errors, "/renditions");
  return html`<fieldset class="channels">
    <legend class="unseen">${t("channels.label")}</legend>${Object.entries(presets).map(([name, preset]) => html`
    <label class="channel ${chosen.includes(name) ? "on" : ""}" key=${name}>
      <input type="checkbox" checked=${chosen.includes(name)} onChange=${() => flip(name)} />
      <span class="grow"><strong>${has(`channel.${name}`) ? t(`channel.${name}`) : preset.title}</strong>
        <small class="faint">${inWords(preset)}</small></span></label>`)}
    ${error && html`<div class="error" role="alert">${error}</div>`}</fieldset>`;
}

/** "Up to 2000 × 2000 JPEG · never enlarged more than 2 × · white ground · product fills 90 % · at most 10 MB" */
export function inWords({ made, rules }) {
  const size = made.widths ? t("channels.widths", { from: made.widths.px[0], to: made.widths.px.at(-1) }) : frame(made.frame);
  const formats = made.widths ? made.widths.formats.map((one) => one.toUpperCase()).join(", ") : made.format.toUpperCase();
  return [
    `${size} ${formats}`,
    rules.most_enlarged && made.frame?.shrinks_to && enlarged(rules.most_enlarged),
    made.ground === "white" ? t("channels.white") : t("channels.own"),
    rules.fill && made.fill && t("channels.fill", { share: number(made.fill * 100) }),
    rules.max_bytes && t("channels.most", { size: bytes(rules.max_bytes) }),
  ].filter(Boolean).join(" · ");
}

const enlarged = (times) => (times > 1 ? t("channels.enlarged", { times }) : t("channels.notEnlarged"));

function frame({ width, height, keeps_aspect: within, shrinks_to: shrinks }) {
  const size = { width: String(width), height: String(height) };
  if (within) return t("channels.within", size);
  return shrinks ? t("channels.upTo", size) : t("channels.frame", size);
}
