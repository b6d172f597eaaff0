export { ExtractionApiModule } from './extraction-api.module';
