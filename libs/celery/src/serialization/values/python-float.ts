/**
 * A finite number as Python's `repr(float)` writes it: `1.0`, `1e+22`, `1e-07`, `-0.0`. Both languages print the shortest
 * digits that read back as the same double; they differ in when to use an exponent and in how it looks.
 */
export function pythonFloatRepr(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) return withFraction(String(value));
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function withFraction(text: string): string {
  return text.includes('.') ? text : `${text}.0`;
}
