import type { Ucum, UcumUnit } from '@lhncbc/ucum-lhc';
import type { CodeInUnit, Conversion } from './domain/evaluation/read-codes';
import { molarMassOf } from './domain/molar-mass';

/** The library writes to the console about codes with blanks. */
const UCUM_CODE = /^[\x21-\x7e]{1,40}$/;
/** Special units (UCUM section 21) that are a straight line from one another; logarithms are left alone. */
const TEMPERATURES: ReadonlySet<string | null> = new Set([null, 'Cel', 'degF', 'degRe']);
/** Moles of charge: as many as moles only where the ion carries one. */
const EQUIVALENTS = /(^|[./])[a-zA-Z]{0,2}eq/;
/** A converted limit is as exact as a record is: 70 mg/dL are 0.7 g/L, and not a little more. */
const DIGITS = 12;

/**
 * The conversion of units by UCUM, for limits and never for facts. Units are converted that have a dimension and the same one: numbers without
 * (%, mmol/mol, scores), arbitrary units ([IU]) and equivalents are other scales under the same name, and compared only as written.
 * Mass and moles are converted for the codes of `molarMassOf`. The library is loaded when the first unit is asked for.
 */
export async function loadConversion(): Promise<Conversion> {
  const { UcumLhcUtils } = await import('@lhncbc/ucum-lhc');
  const units = UcumLhcUtils.getInstance();
  return (from, to) => conversion(units, from, to);
}

function conversion(ucum: Ucum, from: string, to: CodeInUnit): ReturnType<Conversion> {
  const [a, b] = [measure(ucum, from), measure(ucum, to.unit)];
  if (!a || !b) return undefined;
  const molarMass = a.moleExp_ === b.moleExp_ ? null : molarMassOf(to);
  if (molarMass === undefined || (molarMass === null && !a.dim_!.equals(b.dim_))) return undefined;
  const convert = (limit: number) => ucum.convertUnitTo(from, limit, to.unit, false, molarMass);
  if (convert(1).status !== 'succeeded') return undefined;
  return (limit) => Number(convert(limit).toVal!.toPrecision(DIGITS));
}

/** A unit that can be converted at all. */
function measure(ucum: Ucum, code: string): UcumUnit | undefined {
  if (!UCUM_CODE.test(code) || EQUIVALENTS.test(code)) return undefined;
  const { unit, retMsg } = ucum.getSpecifiedUnit(code, 'validate');
  // A message means that the library took it for something else than what is written.
  if (!unit?.dim_ || retMsg.length > 0 || unit.dim_.isZero() || unit.isArbitrary_) return undefined;
  return TEMPERATURES.has(unit.cnv_) ? unit : undefined;
}
