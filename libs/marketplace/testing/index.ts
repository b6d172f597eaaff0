export { MarketplaceKit, openMarketplaceKit } from './marketplace-kit';
export type { Askable } from './marketplace-kit';
export { AGE_KEY, requestInput, useInput } from './request-input';
