internal import Glibc

func writeStandardError(_ text: String) {
    var text = text
    text.withUTF8 { buffer in _ = unsafe Glibc.write(2, buffer.baseAddress, buffer.count) }
}
