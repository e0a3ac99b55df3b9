/*
 * Loaded into a gateway's process before the gateway (`node --import`): generated keys are the same in each process, so
 * that the effects of two requests can be compared.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

crypto.randomUUID = () => '00000000-0000-4000-8000-000000000000';
syncBuiltinESMExports();
