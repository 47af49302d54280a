// Which photo a mask was brushed on: it fits no other one.
import { key } from "../api.js";
import { kept, safeStorage } from "../store.js";
import { leaveAlone } from "./faults.js";

const brushed = kept("masks", {}, safeStorage("sessionStorage")); // a mask's upload → its photo's

key.subscribe((shown) => shown === null && brushed.set({}));

export function tie(mask, photo) {
  brushed.update((old) => ({ ...old, [mask]: photo }));
}

/**
 * {operations, dropped}: without the masks that do not fit the photos of these uploads; `dropped`: "" for none, "other" as
 * another photo lies there, "several" as one mask cannot fit several. An empty table drops nothing.
 */
export function fitting(operations, uploads) {
  const stays = ({ mask }) => !mask || !uploads.length || (uploads.length === 1 && brushed.value[mask] === uploads[0]);
  if (operations.every(stays)) return { operations, dropped: "" };
  return { operations: operations.map((one) => (stays(one) ? one : without(one))), dropped: uploads.length > 1 ? "several" : "other" };
}

const without = ({ mask, ...operation }) => leaveAlone(operation);
