import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Views of research centers in the content of requests: what the program checks in full is bounded here, too, and no name
 * of a table leaves the folder of its package.
 */
export class OwnViews0000000000043 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table marketplace.request_version add constraint request_version_views check (
        case
          when content -> 'views' is null then true
          when jsonb_typeof(content -> 'views') <> 'array' then false
          else jsonb_array_length(content -> 'views') between 1 and 10
            and octet_length((content -> 'views')::text) <= 131072
            and jsonb_array_length(jsonb_path_query_array(
                  content, '$.views[*].name ? (@ like_regex "^[a-z][a-z0-9_]{0,62}$")'
                )) = jsonb_array_length(content -> 'views')
        end
      );`);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
