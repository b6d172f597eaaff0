/** USPS Publication 28, appendix B: names and two-letter codes of states, the federal district and territories. */
const STATES = `Alabama=AL Alaska=AK Arizona=AZ Arkansas=AR California=CA Colorado=CO Connecticut=CT Delaware=DE
District_of_Columbia=DC Florida=FL Georgia=GA Hawaii=HI Idaho=ID Illinois=IL Indiana=IN Iowa=IA Kansas=KS Kentucky=KY
Louisiana=LA Maine=ME Maryland=MD Massachusetts=MA Michigan=MI Minnesota=MN Mississippi=MS Missouri=MO Montana=MT
Nebraska=NE Nevada=NV New_Hampshire=NH New_Jersey=NJ New_Mexico=NM New_York=NY North_Carolina=NC North_Dakota=ND
Ohio=OH Oklahoma=OK Oregon=OR Pennsylvania=PA Rhode_Island=RI South_Carolina=SC South_Dakota=SD Tennessee=TN Texas=TX
Utah=UT Vermont=VT Virginia=VA Washington=WA West_Virginia=WV Wisconsin=WI Wyoming=WY American_Samoa=AS Guam=GU
Northern_Mariana_Islands=MP Puerto_Rico=PR Virgin_Islands=VI`;

const CODES = new Map<string, string>(
  STATES.split(/\s+/).flatMap((pair) => {
    const [name = '', code = ''] = pair.split('=');
    return [
      [name.replaceAll('_', ' ').toUpperCase(), code],
      [code, code],
    ] as const;
  }),
);

/** Two-letter code of a state by name or code; undefined for anything else, so that no free text passes as a state. */
export function stateCode(state: string): string | undefined {
  return CODES.get(state.trim().toUpperCase());
}
