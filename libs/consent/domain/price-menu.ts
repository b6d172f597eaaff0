/**
 * Prices of one included person in minor units: an odd price would be a fingerprint (privacy-and-keys section 4). Requests offer one
 * of them, and terms ask for one of them at least.
 */
export const UNIT_MENU_MINOR = [500, 1000, 2000, 5000] as const;
