/** What a request needs of views. A door of its own, so that the api loads no DuckDB. */
export { requestedViews } from './own-views';
