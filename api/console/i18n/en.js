// All words, gathered from their areas; a key belongs to one area.
import candidates from "./en.candidates.js";
import capacity from "./en.capacity.js";
import mask from "./en.mask.js";
import operator from "./en.operator.js";
import shell from "./en.shell.js";
import studio from "./en.studio.js";
import chain from "./en.chain.js";
import jobs from "./en.jobs.js";
import batches from "./en.batches.js";
import generate from "./en.generate.js";
import seen from "./en.seen.js";
import data from "./en.data.js";
import settings from "./en.settings.js";
import viewer from "./en.viewer.js";

export const en = { ...shell, ...studio, ...chain, ...jobs, ...batches, ...generate, ...settings, ...data, ...seen, ...viewer, ...mask, ...candidates, ...operator, ...capacity };
