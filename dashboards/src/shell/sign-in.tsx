import { useState } from 'react'
import { credentials } from '../api/ask.ts'

export const SignIn = () => {
  const [key, setKey] = useState('')
  return (
    <main className="sign-in">
      <form
        className="panel form"
        onSubmit={event => {
          event.preventDefault()
          credentials.signIn(key.trim())
          location.reload()
        }}
      >
        <h1>Accord</h1>
        <p className="note">Sign in with an API key or a token of your identity provider. It stays in this tab.</p>
        <label>
          Key or token
          <input
            type="password"
            name="key"
            required
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={event => setKey(event.target.value)}
          />
        </label>
        {credentials.key() === null ? null : <p className="callout bad">The last one was not accepted.</p>}
        <button type="submit" className="button primary">
          Open
        </button>
      </form>
    </main>
  )
}
