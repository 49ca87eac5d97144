/** `npm run docs`: writes docs/openapi.json from the declarations in packages/admin. */
import { writeFileSync } from 'node:fs';
import { openApi } from '@resonate/admin';
import { format } from 'prettier';

writeFileSync('docs/openapi.json', await format(JSON.stringify(openApi()), { parser: 'json', printWidth: 120 }));
