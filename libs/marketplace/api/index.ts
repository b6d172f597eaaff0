export { MarketplaceApiModule } from './marketplace-api.module';
export { OrderType } from './order.type';
