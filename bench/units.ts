export function mebibytes(bytes: number, digits = 0): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${(bytes / 1_048_576).toLocaleString('en', options)} MiB`;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
