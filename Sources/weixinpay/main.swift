import ArgumentParser
import Linux

// Before anything is opened.
StandardStreams.open()
StandardStreams.checkOutputAtExit()
// Before anything reads a variable, and before there is a second thread.
Environment.scrub()
if let verb = CommandLine.arguments.dropFirst().first,
  let meant = WeixinpayCommand.suggestion(for: verb)
{
  Console.say("Did you mean weixinpay \(meant)?")
}
WeixinpayCommand.main()
