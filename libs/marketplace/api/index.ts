export { MarketplaceApiModule } from './marketplace-api.module';
export { FeasibilityType } from './feasibility.type';
export { OrderType } from './order.type';
