// The words of candidates/, by key.
export default {};
