/*
 * Loaded into a gateway's process before the gateway (`node --import`): keys that it draws are the same each time, so
 * that what two requests lead to can be compared.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

crypto.randomUUID = () => '00000000-0000-4000-8000-000000000000';
syncBuiltinESMExports();
