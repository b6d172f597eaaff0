const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/;

/** The calendar day as written: a time zone never moves it. Days that no calendar has are left out. */
export function readDay(date: string | undefined): string | undefined {
  const [, year, month = '01', day = '01'] = DATE.exec(date ?? '') ?? [];
  if (year === undefined || year < '1800') return undefined;
  return Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month)) ? `${year}-${month}-${day}` : undefined;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  if (month < 1 || month > 12) return 0;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
