/** A rule for oxlint: what depends on when or where it runs has no place in the domain; instants arrive as parameters. */
const noClock = {
  meta: { type: 'problem', schema: [] },
  create: context => ({
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0)
        context.report({ node, message: 'new Date() reads the clock: take the instant as a parameter' })
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date')
        context.report({ node, message: 'Date() reads the clock: take the instant as a parameter' })
    },
  }),
}

export default { meta: { name: 'accord' }, rules: { 'no-clock': noClock } }
