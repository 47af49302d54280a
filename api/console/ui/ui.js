// The base components, from one door: import { Button, Field, … } from "../ui/ui.js".
export { Button, LinkButton, IconButton, CopyButton } from "./buttons.js";
export { Dialog, Confirm } from "./dialog.js";
export { Field, TextInput, NumberInput, Select, Toggle, Segmented, Slider } from "./fields.js";
export { Icon } from "./icons.js";
export { Badge, EmptyState, Notice, Progress, ProblemNotice, Spinner, StateBadge, problemTitle, toastProblem } from "./signs.js";
export { Secret } from "./secret.js";
export { Tabs } from "./tabs.js";
export { toast } from "./toast.js";
