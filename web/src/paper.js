// Whether this is the page for paper (the address ends with #print): drawn at once, light, without controls.
export const onPaper = location.hash === "#print";
