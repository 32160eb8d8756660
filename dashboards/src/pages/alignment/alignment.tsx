import { PageHead } from '../../parts/controls.tsx'
import { Signs } from './signs-panel.tsx'

/** The measures that say whether both teams pull together, each against its target and its past. */
export const Alignment = () => (
  <>
    <PageHead
      title="Alignment"
      about="Do both teams pull together? Eight measures that neither side can move alone, in the order in which a lead meets them."
    />
    <Signs />
  </>
)
