/** The value of an option of a benchmark. @throws Error that names the option */
export function wholeNumber(option: string, text: string, least = 1): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least) return number;
  throw new Error(`${option}: ${text} is not a whole number from ${least}`);
}
