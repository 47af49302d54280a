// The words of generating.
export default {
  "generate.title": "Make a product picture from a wish",
  "generate.text": "For mock-ups and mood boards: generated pictures are marked as such in the file.",
  "generate.wish": "What shall it show?",
  "generate.wish.hint": "English or Chinese, in a few words: colour, pattern, garment.",
  "generate.idea.1": "navy striped dress",
  "generate.idea.2": "red checked shirt",
  "generate.idea.3": "plain green shirt",
  "generate.idea.4": "printed yellow t-shirt",
  "generate.go": { one: "Make {n} picture", other: "Make {n} pictures" },
};
