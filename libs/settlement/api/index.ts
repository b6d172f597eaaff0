export { SettlementApiModule } from './settlement-api.module';
