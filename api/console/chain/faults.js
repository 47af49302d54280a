// What the server says is wrong with an operation, in the reader's own words; and when it is time to say so.
import { number, t } from "../i18n.js";

const KNOWN = [
  [/^inpaint needs .* neither/, () => t("fault.inpaint.none")],
  [/^inpaint needs .* both/, () => t("fault.inpaint.both")],
  [/^resize needs width/, () => t("fault.resize.none")],
  [/^the fit pad needs both/, () => t("fault.resize.pad")],
  [/^only the fit pad has/, () => t("fault.resize.ground")],
  [/^crop needs all of/, () => t("fault.crop.none")],
  [/^crop to the product takes/, () => t("fault.crop.both")],
  [/^only a crop to the product/, () => t("fault.crop.margin")],
  [/^recolor needs either/, () => t("fault.recolor.none")],
  [/^recolor takes at most one/, () => t("fault.recolor.picks")],
  [/^tolerance needs point/, () => t("fault.recolor.tolerance")],
  [/^keep_prints is true/, () => t("fault.recolor.prints")],
  [/^perspective needs one/, () => t("fault.perspective.one")],
  [/should be less than or equal to (-?[\d.]+)/, (limit) => t("fault.most", { limit })],
  [/should be greater than or equal to (-?[\d.]+)/, (limit) => t("fault.least", { limit })],
  [/should be less than (-?[\d.]+)/, (limit) => t("fault.below", { limit })],
  [/should be greater than (-?[\d.]+)/, (limit) => t("fault.above", { limit })],
  [/should be a valid integer/, () => t("fault.whole")],
];
const IN_PX = /(^|\/)(width|height|x|y|\w+_px)$/;

/** An error of the dry run in words; what is not known here as the server puts it. */
export function inWords({ pointer = "", detail }) {
  for (const [pattern, words] of KNOWN) {
    const found = pattern.exec(detail);
    if (found) return words(found[1] && `${number(Number(found[1]), 2)}${IN_PX.test(pointer) ? " px" : ""}`);
  }
  return detail;
}

const alone = new WeakSet(); // operations as they were added, whose faults nobody has made yet

/** The operation, of whose faults nothing is said until somebody changes it, or wants it to run. */
export function leaveAlone(operation) {
  alone.add(operation);
  return operation;
}

export const isLeftAlone = (operation) => alone.has(operation);

export function speakOf(operations) {
  for (const operation of operations) alone.delete(operation);
}
