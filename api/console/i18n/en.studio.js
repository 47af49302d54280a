// The words of one area.
export default {};
